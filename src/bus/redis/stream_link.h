#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bus/redis/options.h"
#include "redis/backoff.h"
#include "redis/connection.h"

namespace fairlead::bus {

// A node's tie to the stream in Redis over which nodes talk: a connection that adds entries, and
// one that waits for new ones. They stand and fall together, and are made again with a jittered
// backoff. After a short absence it goes on where it was. Belongs to the loop's thread.
class StreamLink {
 public:
  struct Events {
    std::function<void()> up;    // add() works
    std::function<void()> down;  // after up(); what was not acknowledged is lost
    // One message of an entry that `sender` has added: other nodes', and one's own.
    std::function<void(std::string_view sender, std::string_view message)> message;
  };

  StreamLink(redis::EventLoop& loop, const RedisBusOptions& options, Events events);

  void start();
  void stop();  // for good

  bool up() const { return up_; }
  // `done` when Redis has it, or will never have it.
  void add(const std::string& sender, std::vector<std::string> messages,
           std::function<void()> done);

 private:
  void lost(const char* which, const std::string& why);
  void find_end();
  void listen();
  void heard(const redisReply& reply);

  const RedisBusOptions& options_;
  const std::string key_;
  const Events events_;
  redis::Backoff backoff_;
  redis::Connection commands_;
  redis::Connection feed_;
  redis::LoopTimer retry_;
  std::string cursor_;  // id of the last entry heard; empty: none yet
  bool up_ = false;
  bool stopped_ = false;
};

}  // namespace fairlead::bus
