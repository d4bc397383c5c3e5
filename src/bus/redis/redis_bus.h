#pragma once

#include <atomic>
#include <deque>
#include <string>
#include <thread>

#include "bus/bus.h"
#include "bus/redis/options.h"
#include "bus/redis/stream_link.h"
#include "core/mailbox.h"
#include "redis/event_loop.h"

namespace fairlead::bus {

// Nodes talk over a capped stream in Redis. A thread of its own ("bus", the RedisIo role) runs the
// loop. What gathers while Redis answers leaves together; what is more than kWaitingMax messages or
// kWaitingBytesMax, or comes while Redis is away, is dropped: the others find it in the store.
class RedisBus final : public Bus {
 public:
  static constexpr std::size_t kWaitingMax = 16 * 1024;
  static constexpr std::size_t kWaitingBytesMax = 16 * 1024 * 1024;

  explicit RedisBus(RedisBusOptions options);
  ~RedisBus() override;  // stop()

  void on_message(Listener listener) override;
  void start() override;
  void stop() override;
  void publish(Message message) override;
  bool healthy() const override { return healthy_; }
  Stats stats() const override;

 private:
  void run();
  void queue(const Message& message);
  void queue(std::string text);
  void flush();
  void heard(std::string_view sender, std::string_view text);

  const RedisBusOptions options_;
  const std::string sender_;  // of this process, never used before
  Listener listener_;         // constant after start()
  std::atomic<bool> healthy_{false};
  std::atomic<std::uint64_t> waiting_{0};  // published, not yet encoded
  std::atomic<std::uint64_t> sent_{0}, received_{0}, dropped_{0}, malformed_{0};
  redis::EventLoop loop_;
  Mailbox mailbox_;
  std::deque<std::string> encoded_;    // the loop's thread
  std::size_t encoded_bytes_ = 0;      // the loop's thread
  std::size_t entries_in_flight_ = 0;  // the loop's thread
  std::unique_ptr<StreamLink>
      link_;  // the loop's thread; made before it begins, gone before it ends
  std::thread thread_;
};

}  // namespace fairlead::bus
