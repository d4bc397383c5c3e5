#include "bus/redis/stream_link.h"

#include <charconv>
#include <utility>

#include "core/log_line.h"

namespace fairlead::bus {
namespace {

// Long enough to cost nothing, short enough to notice a dead connection.
constexpr Millis kFeedBlock(5'000);
constexpr int kEntriesAtATime = 64;
constexpr char kNothingYet[] = "0-0";

std::string_view text(const redisReply& reply) {
  return reply.str == nullptr ? std::string_view() : std::string_view(reply.str, reply.len);
}

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
      backoff_(options.backoff_max),
      commands_(loop, options.address, options.answer_timeout,
                {[this] { feed_.connect(); }, [this](const auto& why) { lost("commands", why); }}),
      feed_(loop, options.address, options.answer_timeout,
            {[this] { find_end(); }, [this](const auto& why) { lost("feed", why); }}),
      retry_(loop, [this] { start(); }) {}

void StreamLink::start() {
  commands_.connect();
}

void StreamLink::stop() {
  stopped_ = true;
  up_ = false;
  retry_.stop();
  commands_.drop();
  feed_.drop();
}

void StreamLink::lost(const char* which, const std::string& why) {
  if (stopped_ || retry_.active()) return;
  retry_.start(backoff_.next());
  if (backoff_.is_worth_a_word()) {
    log_warn("bus_redis_lost connection={} why=\"{}\" attempts={}", which, why,
             backoff_.attempts());
  }
  const bool was_up = std::exchange(up_, false);
  commands_.drop();
  feed_.drop();
  if (was_up) events_.down();
}

// Where to listen from: what was said while nobody listened here is heard, unless this node is new.
// A stream that ends before that point has lost its memory and begins anew.
void StreamLink::find_end() {
  feed_.send({"XREVRANGE", key_, "+", "-", "COUNT", "1"}, [this](const redisReply* reply) {
    if (reply == nullptr) return;
    if (reply->type != REDIS_REPLY_ARRAY) {
      return lost("feed", reply->str ? reply->str : "unexpected answer to XREVRANGE");
    }
    const bool is_there = reply->elements > 0 && reply->element[0]->elements > 0;
    const std::string last(is_there ? text(*reply->element[0]->element[0]) : kNothingYet);
    if (cursor_.empty() || numbers(last) < numbers(cursor_)) cursor_ = last;
    up_ = true;
    if (backoff_.attempts() == 0 || backoff_.is_worth_a_word()) {
      log_info("bus_redis_connected attempts={}", backoff_.attempts());
    }
    events_.up();
    listen();
  });
}

void StreamLink::listen() {
  feed_.send(
      {"XREAD", "COUNT", std::to_string(kEntriesAtATime), "BLOCK",
       std::to_string(kFeedBlock.count()), "STREAMS", key_, cursor_},
      [this](const redisReply* reply) {
        if (reply == nullptr) return;
        if (reply->type != REDIS_REPLY_ARRAY && reply->type != REDIS_REPLY_NIL) {
          return lost("feed", reply->str ? reply->str : "unexpected answer to XREAD");
        }
        if (reply->type == REDIS_REPLY_NIL) backoff_.reset();  // has stood for a while
        heard(*reply);
        if (up_) listen();
      },
      kFeedBlock);
}

void StreamLink::heard(const redisReply& reply) {
  // [[stream, [[id, ["from", sender, "m", message, …]], …]]], or nothing within the time
  if (reply.type == REDIS_REPLY_NIL || reply.elements == 0 || reply.element[0]->elements < 2)
    return;
  const redisReply& entries = *reply.element[0]->element[1];
  for (std::size_t i = 0; i < entries.elements; ++i) {
    const redisReply& entry = *entries.element[i];
    if (entry.elements < 2) continue;
    cursor_ = text(*entry.element[0]);
    const redisReply& fields = *entry.element[1];
    if (fields.elements < 2) continue;
    const auto sender = text(*fields.element[1]);
    for (std::size_t field = 3; field < fields.elements; field += 2) {
      events_.message(sender, text(*fields.element[field]));
    }
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
  commands_.send(command, [this, done = std::move(done)](const redisReply* reply) {
    if (reply != nullptr) {
      if (reply->type == REDIS_REPLY_ERROR) {
        lost("commands", reply->str);
      } else {
        backoff_.reset();  // not before: a Redis that is full or a replica only lets read
      }
    }
    done();
  });
}

}  // namespace fairlead::bus
