#include "presence/redis/link.h"

#include <charconv>
#include <utility>

namespace fairlead::presence {
namespace {

// One blocking read a node: long enough to cost nothing, short enough to notice a dead connection.
constexpr Millis kFeedBlock(10'000);
constexpr int kChangesAtATime = 256;

bool is_answer(const redisReply& reply) {
  return reply.type == REDIS_REPLY_ARRAY && reply.elements > 0 &&
         reply.element[0]->type == REDIS_REPLY_STRING;
}

}  // namespace

Link::Link(redis::EventLoop& loop, const RedisOptions& options, Events events)
    : options_(options),
      events_(std::move(events)),
      tie_(loop,
           {"presence", options.address, options.answer_timeout, options.backoff_max,
            options.prefix + "changes", kChangesAtATime, kFeedBlock},
           {[this] { load(); },
            [this] {
              tie_.up();
              events_.up();
            },
            [this] { events_.down(); },
            [this](std::string_view id, const redisReply& fields) {
              std::uint64_t number = 0;
              std::from_chars(id.data(), id.data() + id.size(), number);
              events_.change(number, fields);
            }}) {}

void Link::load() {
  loaded_ = 0;
  for (std::size_t i = 0; i < scripts::kScripts; ++i) {
    const auto script = static_cast<scripts::Script>(i);
    tie_.commands().send({"SCRIPT", "LOAD", scripts::source(script)}, [this, i](const redisReply* reply) {
      if (!reply) return;
      if (reply->type != REDIS_REPLY_STRING) {
        return fail(reply->str ? reply->str : "unexpected answer to SCRIPT LOAD");
      }
      shas_.at(i).assign(reply->str, reply->len);
      if (++loaded_ == scripts::kScripts) tie_.connect_feed();
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
  tie_.commands().send(command, [this, done = std::move(done)](const redisReply* reply) {
    if (reply && !is_answer(*reply)) {
      done(nullptr);
      return fail(reply->str ? reply->str : "unexpected answer to a script");
    }
    done(reply);
  });
}

void Link::follow(std::uint64_t cursor) {
  tie_.follow(std::to_string(cursor) + "-0");
}

}  // namespace fairlead::presence
