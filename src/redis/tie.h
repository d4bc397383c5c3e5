#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "redis/backoff.h"
#include "redis/connection.h"

namespace fairlead::redis {

// A node's tie to Redis: a connection for commands, and a feed that waits for new entries of a
// stream. They stand and fall together, and are made again with a jittered backoff. Belongs to the
// loop's thread.
class Tie {
 public:
  struct Settings {
    std::string name;  // in log lines: "bus"
    std::string address;
    Millis answer_timeout;
    Millis backoff_max;
    std::string stream;  // its key
    int entries_at_a_time;
    Millis feed_block;  // long enough to cost nothing, short enough to notice a dead connection
  };
  struct Events {
    // commands() works; connect_feed() is due, at once or after some commands.
    std::function<void()> commands_up;
    // feed() works; up() is due, at once or after some commands.
    std::function<void()> feed_up;
    std::function<void()> down;  // after up(); all that was pending has been answered with nullptr
    std::function<void(std::string_view id, const redisReply& fields)> entry;
    std::function<void()> quiet = {};  // no entry came for feed_block; may be empty
  };

  Tie(EventLoop& loop, Settings settings, Events events);

  void start();
  void stop();  // for good
  // Gives both connections up and tries again after the backoff: Redis answered nonsense, or is too
  // slow. down() comes before it returns.
  void fail(const std::string& why) { lost("link", why); }
  void proved() { backoff_.reset(); }  // all works again: the next backoff is a short one

  void connect_feed() { feed_.connect(); }
  void up();
  bool is_up() const { return up_; }
  // From now on, the entries after the one with that id.
  void follow(std::string id);

  Connection& commands() { return commands_; }
  std::size_t pending() const { return commands_.pending(); }
  Connection& feed() { return feed_; }

 private:
  void connect();
  void lost(const char* which, const std::string& why);
  void feed_is_up();
  void listen();
  void heard(const redisReply& reply);

  const Settings settings_;
  const Events events_;
  Backoff backoff_;
  Connection commands_;
  Connection feed_;
  LoopTimer retry_;
  std::string cursor_;  // id of the last entry heard
  bool following_ = false;
  bool up_ = false;
  bool stopped_ = false;
};

// What a bulk string or an error says; "" for what is neither.
inline std::string_view text(const redisReply& reply) {
  return reply.str == nullptr ? std::string_view() : std::string_view(reply.str, reply.len);
}

}  // namespace fairlead::redis
