#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bus/redis/options.h"
#include "redis/tie.h"

namespace fairlead::bus {

// A node's way to the stream in Redis over which nodes talk. After a short absence it goes on where
// it was. Belongs to the loop's thread.
class StreamLink {
 public:
  struct Events {
    std::function<void()> up;    // add() works
    std::function<void()> down;  // after up(); what was not acknowledged is lost
    // One message of an entry that `sender` has added: other nodes', and one's own.
    std::function<void(std::string_view sender, std::string_view message)> message;
  };

  StreamLink(redis::EventLoop& loop, const RedisBusOptions& options, Events events);

  void start() { tie_.start(); }
  void stop() { tie_.stop(); }  // for good

  bool up() const { return tie_.is_up(); }
  // `done` when Redis has it, or will never have it.
  void add(const std::string& sender, std::vector<std::string> messages,
           std::function<void()> done);

 private:
  void find_end();
  void heard(std::string_view id, const redisReply& fields);

  const RedisBusOptions& options_;
  const std::string key_;
  const Events events_;
  std::string cursor_;  // id of the last entry heard; empty: none yet
  redis::Tie tie_;      // last: its end answers what is pending
};

}  // namespace fairlead::bus
