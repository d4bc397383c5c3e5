#include "redis/tie.h"

#include <utility>

#include "core/log_line.h"

namespace fairlead::redis {

Tie::Tie(EventLoop& loop, Settings settings, Events events)
    : settings_(std::move(settings)),
      events_(std::move(events)),
      backoff_(settings_.backoff_max),
      commands_(loop, settings_.address, settings_.answer_timeout,
                {[this] { events_.commands_up(); },
                 [this](const auto& why) { lost("commands", why); }}),
      feed_(loop, settings_.address, settings_.answer_timeout,
            {[this] { feed_is_up(); }, [this](const auto& why) { lost("feed", why); }}),
      retry_(loop, [this] { connect(); }) {}

void Tie::start() {
  connect();
}

void Tie::stop() {
  stopped_ = true;
  up_ = false;
  retry_.stop();
  commands_.drop();
  feed_.drop();
}

void Tie::connect() {
  following_ = false;
  commands_.connect();
}

void Tie::lost(const char* which, const std::string& why) {
  if (stopped_ || retry_.active()) return;
  retry_.start(backoff_.next());
  if (backoff_.is_worth_a_word()) {
    log_warn("{}_redis_lost connection={} why=\"{}\" attempts={}", settings_.name, which, why,
             backoff_.attempts());
  }
  const bool was_up = std::exchange(up_, false);
  commands_.drop();
  feed_.drop();
  if (was_up) events_.down();
}

void Tie::feed_is_up() {
  if (up_) {  // it was made anew, to follow from elsewhere
    listen();
  } else {
    events_.feed_up();
  }
}

void Tie::up() {
  up_ = true;
  if (backoff_.attempts() == 0 || backoff_.is_worth_a_word()) {
    log_info("{}_redis_connected attempts={}", settings_.name, backoff_.attempts());
  }
}

void Tie::follow(std::string id) {
  cursor_ = std::move(id);
  if (following_) {  // it waits behind the old id, and nothing but a new connection ends that
    following_ = false;
    feed_.connect();
  } else {
    listen();
  }
}

void Tie::listen() {
  following_ = true;
  feed_.send(
      {"XREAD", "COUNT", std::to_string(settings_.entries_at_a_time), "BLOCK",
       std::to_string(settings_.feed_block.count()), "STREAMS", settings_.stream, cursor_},
      [this](const redisReply* reply) {
        if (reply == nullptr) return;
        if (reply->type != REDIS_REPLY_ARRAY && reply->type != REDIS_REPLY_NIL) {
          return lost("feed", reply->str ? reply->str : "unexpected answer to XREAD");
        }
        if (reply->type == REDIS_REPLY_NIL && events_.quiet) events_.quiet();
        heard(*reply);
        if (up_) listen();
      },
      settings_.feed_block);
}

void Tie::heard(const redisReply& reply) {
  // [[stream, [[id, [field, value, …]], …]]], or nothing within the time
  if (reply.type == REDIS_REPLY_NIL || reply.elements == 0 || reply.element[0]->elements < 2)
    return;
  const redisReply& entries = *reply.element[0]->element[1];
  for (std::size_t i = 0; i < entries.elements; ++i) {
    const redisReply& entry = *entries.element[i];
    if (entry.elements < 2 || entry.element[0]->str == nullptr) continue;
    cursor_ = text(*entry.element[0]);
    events_.entry(cursor_, *entry.element[1]);
  }
}

}  // namespace fairlead::redis
