#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "presence/redis/options.h"
#include "presence/redis/scripts.h"
#include "redis/backoff.h"
#include "redis/connection.h"

namespace fairlead::presence {

// A node's tie to Redis: a connection for scripts and one that waits for changes. They stand and
// fall together, and are made again with a jittered backoff. Belongs to the loop's thread.
class Link {
 public:
  struct Events {
    std::function<void()> up;    // scripts are loaded: call() works
    std::function<void()> down;  // after up(); every call() has been answered with nullptr
    // Number `number` in the log of changes; see scripts.cpp for the fields.
    std::function<void(std::uint64_t number, const redisReply& fields)> change;
  };

  Link(redis::EventLoop& loop, const RedisOptions& options, Events events);

  void start();
  void stop();  // for good
  // Gives both connections up and tries again after the backoff: Redis answered nonsense, or is too
  // slow. down() comes before it returns.
  void fail(const std::string& why);
  // After up(), and once the node works again: the next backoff is a short one.
  void proved() { backoff_.reset(); }

  bool up() const { return up_; }
  // Runs a script; `arguments` follow the common ones. Answers with an `ok` or `fenced` array, or
  // nullptr when the link went down (anything else makes it fail).
  void call(scripts::Script script, const std::string& lease, std::vector<std::string> arguments,
            redis::Connection::Done done);
  std::size_t pending() const { return commands_.pending(); }
  // Changes after number `cursor`, from now on.
  void follow(std::uint64_t cursor);

 private:
  void connect();
  void lost(const char* which, const std::string& why);
  void load();
  void listen();
  void heard(const redisReply& reply);

  const RedisOptions& options_;
  const Events events_;
  redis::Backoff backoff_;
  redis::Connection commands_;
  redis::Connection feed_;
  redis::LoopTimer retry_;
  std::array<std::string, scripts::kScripts> shas_;
  std::size_t loaded_ = 0;
  std::uint64_t cursor_ = 0;
  bool following_ = false;
  bool up_ = false;
  bool stopped_ = false;
};

}  // namespace fairlead::presence
