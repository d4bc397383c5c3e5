#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "core/mailbox.h"
#include "presence/gather.h"
#include "presence/presence.h"
#include "presence/redis/options.h"
#include "redis/event_loop.h"

namespace fairlead::presence {

class Node;

// The map of all nodes, in Redis (docs/decisions/0003). One thread of its own ("presence", the
// RedisIo role) runs the loop on which the node's part lives; the methods hand over to it by a
// mailbox. The listener, and the answers to queries that reached Redis, come on that thread.
class RedisMap final : public Map {
 public:
  explicit RedisMap(RedisOptions options, const Clock& clock = system_clock());
  ~RedisMap() override;  // stop()

  void on_change(Listener listener) override;
  void start() override;  // does not wait for Redis: healthy() tells when the node is registered
  // Blocks until the node's sessions are out of the map, at most for the answer timeout.
  void stop() override;
  void open(UserId user, std::string_view session, std::string_view transport) override;
  void close(UserId user, std::string_view session) override;
  void set_away(UserId user, bool away) override;
  void query(std::vector<UserId> users, Answer done) override;
  bool healthy() const override { return healthy_; }
  std::string_view kind() const override { return "redis"; }

 private:
  void run();
  void announce_when_due();

  const RedisOptions options_;
  const Clock& clock_;
  Listener listener_;  // constant after start()
  std::atomic<bool> healthy_{false};
  redis::EventLoop loop_;
  Mailbox mailbox_;
  Gather changes_;                              // the loop's thread; not yet announced
  std::unique_ptr<redis::LoopTimer> announce_;  // as node_
  std::unique_ptr<Node> node_;  // the loop's thread; made before it begins, gone before it ends
  std::thread thread_;
};

}  // namespace fairlead::presence
