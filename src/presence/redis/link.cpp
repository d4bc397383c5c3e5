#include "presence/redis/link.h"

#include <charconv>

#include "core/log_line.h"

namespace fairlead::presence {
namespace {

// One blocking read a node: long enough to cost nothing, short enough to notice a dead connection.
constexpr Millis kFeedBlock(10'000);

bool is_answer(const redisReply& reply) {
  return reply.type == REDIS_REPLY_ARRAY && reply.elements > 0 &&
         reply.element[0]->type == REDIS_REPLY_STRING;
}

}  // namespace

Link::Link(redis::EventLoop& loop, const RedisOptions& options, Events events)
    : options_(options),
      events_(std::move(events)),
      backoff_(options.backoff_max),
      commands_(loop, options.address, options.answer_timeout,
                {[this] { load(); }, [this](const auto& why) { lost("commands", why); }}),
      feed_(loop, options.address, options.answer_timeout,
            {[this] { listen(); }, [this](const auto& why) { lost("feed", why); }}),
      retry_(loop, [this] { connect(); }) {}

void Link::start() {
  connect();
}

void Link::stop() {
  stopped_ = true;
  up_ = false;
  retry_.stop();
  commands_.drop();
  feed_.drop();
}

void Link::connect() {
  loaded_ = 0;
  following_ = false;
  commands_.connect();
}

void Link::fail(const std::string& why) {
  lost("link", why);
}

void Link::lost(const char* which, const std::string& why) {
  if (stopped_ || retry_.active()) return;
  retry_.start(backoff_.next());
  if (backoff_.is_worth_a_word()) {
    log_warn("presence_redis_lost connection={} why=\"{}\" attempts={}", which, why,
             backoff_.attempts());
  }
  const bool was_up = std::exchange(up_, false);
  commands_.drop();
  feed_.drop();
  if (was_up) events_.down();
}

void Link::load() {
  for (std::size_t i = 0; i < scripts::kScripts; ++i) {
    const auto script = static_cast<scripts::Script>(i);
    commands_.send({"SCRIPT", "LOAD", scripts::source(script)}, [this, i](const redisReply* reply) {
      if (!reply) return;
      if (reply->type != REDIS_REPLY_STRING) {
        return fail(reply->str ? reply->str : "unexpected answer to SCRIPT LOAD");
      }
      shas_.at(i).assign(reply->str, reply->len);
      if (++loaded_ == scripts::kScripts) feed_.connect();
    });
  }
}

void Link::call(scripts::Script script, const std::string& lease,
                std::vector<std::string> arguments, redis::Connection::Done done) {
  std::vector<std::string> command{"EVALSHA",
                                   shas_.at(static_cast<std::size_t>(script)),
                                   "0",
                                   options_.prefix,
                                   lease,
                                   std::to_string(options_.lease_ttl.count()),
                                   std::to_string(options_.leave_grace.count()),
                                   std::to_string(options_.lease_ttl.count() / 2)};
  command.insert(command.end(), std::make_move_iterator(arguments.begin()),
                 std::make_move_iterator(arguments.end()));
  commands_.send(command, [this, done = std::move(done)](const redisReply* reply) {
    if (reply && !is_answer(*reply)) {
      done(nullptr);
      return fail(reply->str ? reply->str : "unexpected answer to a script");
    }
    done(reply);
  });
}

void Link::follow(std::uint64_t cursor) {
  cursor_ = cursor;
  if (following_) {  // it waits behind the old cursor, and nothing but a new connection ends that
    following_ = false;
    feed_.connect();
  } else {
    following_ = true;
    listen();
  }
}

void Link::listen() {
  if (!up_) {  // both connections stand
    up_ = true;
    log_info("presence_redis_connected attempts={}", backoff_.attempts());
    return events_.up();
  }
  following_ = true;
  feed_.send(
      {"XREAD", "COUNT", "256", "BLOCK", std::to_string(kFeedBlock.count()), "STREAMS",
       options_.prefix + "changes", std::to_string(cursor_) + "-0"},
      [this](const redisReply* reply) {
        if (!reply) return;
        if (reply->type != REDIS_REPLY_ARRAY && reply->type != REDIS_REPLY_NIL) {
          return fail(reply->str ? reply->str : "unexpected answer to XREAD");
        }
        heard(*reply);
        if (up_) listen();
      },
      kFeedBlock);
}

void Link::heard(const redisReply& reply) {
  // [[stream, [[number-0, [field, value, …]], …]]], or nothing within the time
  if (reply.type == REDIS_REPLY_NIL || reply.elements == 0 || reply.element[0]->elements < 2)
    return;
  const redisReply& entries = *reply.element[0]->element[1];
  for (std::size_t i = 0; i < entries.elements; ++i) {
    const redisReply& entry = *entries.element[i];
    if (entry.elements < 2 || !entry.element[0]->str) continue;
    const redisReply& id = *entry.element[0];
    std::from_chars(id.str, id.str + id.len, cursor_);
    events_.change(cursor_, *entry.element[1]);
  }
}

}  // namespace fairlead::presence
