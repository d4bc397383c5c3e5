#include "bus/redis/stream_link.h"

#include <charconv>
#include <utility>

namespace fairlead::bus {
namespace {

// Long enough to cost nothing, short enough to notice a dead connection.
constexpr Millis kFeedBlock(5'000);
constexpr int kEntriesAtATime = 64;
constexpr char kNothingYet[] = "0-0";

// A stream's ids are two numbers with a dash between.
std::pair<std::uint64_t, std::uint64_t> numbers(std::string_view id) {
  std::pair<std::uint64_t, std::uint64_t> both{0, 0};
  const auto dash = std::min(id.find('-'), id.size());
  std::from_chars(id.data(), id.data() + dash, both.first);
  if (dash < id.size()) std::from_chars(id.data() + dash + 1, id.data() + id.size(), both.second);
  return both;
}

}  // namespace

StreamLink::StreamLink(redis::EventLoop& loop, const RedisBusOptions& options, Events events)
    : options_(options),
      key_(options.prefix + options.epoch),
      events_(std::move(events)),
      tie_(loop,
           {"bus", options.address, options.answer_timeout, options.backoff_max, key_,
            kEntriesAtATime, kFeedBlock},
           {[this] { tie_.connect_feed(); },
            [this] { find_end(); },
            [this] { events_.down(); },
            [this](auto id, const auto& fields) { heard(id, fields); },
            [this] { tie_.proved(); }}) {}

// Where to listen from: what was said while nobody listened here is heard, unless this node is new.
// A stream that ends before that point has lost its memory and begins anew.
void StreamLink::find_end() {
  tie_.feed().send({"XREVRANGE", key_, "+", "-", "COUNT", "1"}, [this](const redisReply* reply) {
    if (reply == nullptr) return;
    if (reply->type != REDIS_REPLY_ARRAY) {
      return tie_.fail(reply->str ? reply->str : "unexpected answer to XREVRANGE");
    }
    const bool is_there = reply->elements > 0 && reply->element[0]->elements > 0;
    const std::string last(is_there ? redis::text(*reply->element[0]->element[0]) : kNothingYet);
    if (cursor_.empty() || numbers(last) < numbers(cursor_)) cursor_ = last;
    tie_.up();
    events_.up();
    tie_.follow(cursor_);
  });
}

// ["from", sender, "m", message, …]
void StreamLink::heard(std::string_view id, const redisReply& fields) {
  cursor_ = id;
  if (fields.elements < 2) return;
  const auto sender = redis::text(*fields.element[1]);
  for (std::size_t field = 3; field < fields.elements; field += 2) {
    events_.message(sender, redis::text(*fields.element[field]));
  }
}

void StreamLink::add(const std::string& sender, std::vector<std::string> messages,
                     std::function<void()> done) {
  std::vector<std::string> command{
      "XADD", key_, "MAXLEN", "~", std::to_string(options_.entries_max), "*", "from", sender};
  command.reserve(command.size() + 2 * messages.size());
  for (auto& message : messages) {
    command.emplace_back("m");
    command.push_back(std::move(message));
  }
  tie_.commands().send(command, [this, done = std::move(done)](const redisReply* reply) {
    if (reply != nullptr) {
      if (reply->type == REDIS_REPLY_ERROR) {
        tie_.fail(reply->str);
      } else {
        tie_.proved();  // not before: a Redis that is full or a replica only lets read
      }
    }
    done();
  });
}

}  // namespace fairlead::bus
