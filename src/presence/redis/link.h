#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "presence/redis/options.h"
#include "presence/redis/scripts.h"
#include "redis/tie.h"

namespace fairlead::presence {

// A node's way to the map: scripts, and the changes that they announce. Belongs to the loop's
// thread.
class Link {
 public:
  struct Events {
    std::function<void()> up;    // scripts are loaded: call() works
    std::function<void()> down;  // after up(); every call() has been answered with nullptr
    // Number `number` in the log of changes; see scripts.cpp for the fields.
    std::function<void(std::uint64_t number, const redisReply& fields)> change;
  };

  Link(redis::EventLoop& loop, const RedisOptions& options, Events events);

  void start() { tie_.start(); }
  void stop() { tie_.stop(); }  // for good
  void fail(const std::string& why) { tie_.fail(why); }
  void proved() { tie_.proved(); }  // the node works again

  bool up() const { return tie_.is_up(); }
  // Runs a script; `arguments` follow the common ones. Answers with an `ok` or `fenced` array, or
  // nullptr when the link went down (anything else makes it fail).
  void call(scripts::Script script, const std::string& lease, std::vector<std::string> arguments,
            redis::Connection::Done done);
  std::size_t pending() const { return tie_.pending(); }
  // Changes after number `cursor`, from now on.
  void follow(std::uint64_t cursor);

 private:
  void load();

  const RedisOptions& options_;
  const Events events_;
  std::array<std::string, scripts::kScripts> shas_;
  std::size_t loaded_ = 0;
  redis::Tie tie_;  // last: its end answers what is pending
};

}  // namespace fairlead::presence
