#include "presence/redis/reply.h"

#include <charconv>
#include <set>

#include "presence/redis/scripts.h"
#include "redis/names.h"

namespace fairlead::presence {
namespace {

std::string_view text_of(const redisReply& reply) {
  return reply.str ? std::string_view(reply.str, reply.len) : std::string_view();
}

std::int64_t number_of(std::string_view digits) {
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

}  // namespace

std::string_view word_of(const redisReply& reply) {
  return reply.elements > 0 ? text_of(*reply.element[0]) : std::string_view();
}

std::int64_t int_at(const redisReply& reply, std::size_t index) {
  if (index >= reply.elements) return 0;
  const redisReply& element = *reply.element[index];
  return element.type == REDIS_REPLY_INTEGER ? element.integer : number_of(text_of(element));
}

std::string string_at(const redisReply& reply, std::size_t index) {
  return index < reply.elements ? std::string(text_of(*reply.element[index])) : std::string();
}

State parse_state(const redisReply& reply, std::int64_t wall_now_ms) {
  State state;
  const auto where = int_at(reply, 0);
  const bool away = int_at(reply, 3) == 1;
  state.status = where == 0 ? Status::kOffline : away ? Status::kAway : Status::kOnline;
  state.last_seen_at_ms = where == scripts::kHere ? wall_now_ms : int_at(reply, 1);
  std::set<std::string> transports;
  if (reply.elements > 2) {
    const redisReply& sessions = *reply.element[2];
    for (std::size_t i = 0; i < sessions.elements; ++i) {
      const std::string_view held = text_of(*sessions.element[i]);
      const auto how = held.substr(held.find(' ') + 1);
      transports.emplace(how.substr(0, how.find(' ')));
    }
  }
  state.transports.assign(transports.begin(), transports.end());
  return state;
}

std::optional<Change> parse_change(const redisReply& fields) {
  Change change;
  for (std::size_t i = 0; i + 1 < fields.elements; i += 2) {
    const std::string_view field = text_of(*fields.element[i]);
    const std::string_view value = text_of(*fields.element[i + 1]);
    if (field == "user") {
      change.user = UserId(number_of(value));
    } else if (field == "status") {
      change.now.status = value == "online" ? Status::kOnline
                          : value == "away" ? Status::kAway
                                            : Status::kOffline;
    } else if (field == "seen") {
      change.now.last_seen_at_ms = number_of(value);
    }
  }
  if (!change.user || change.now.status == Status::kUnknown) return std::nullopt;
  return change;
}

std::string key_of(UserId user) {
  return std::to_string(user.value());
}

std::string fresh_lease(std::string_view node) {
  std::string lease;
  for (const char c : node.substr(0, 64)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-' || c == '_';
    lease += plain ? c : '_';
  }
  return lease + '/' + redis::fresh_name();
}

}  // namespace fairlead::presence
