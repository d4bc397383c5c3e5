#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <random>

#include "bus/bus.h"

namespace fairlead::bus {

// A bus for tests of what nodes do without it: of the hints about the log some get lost, and some
// come late, behind others that were given later. Thread-safe, as any bus.
class FaultyBus final : public Bus {
 public:
  // `percent` of the hints, 1 to 100: half of them lost, half of them late.
  FaultyBus(std::unique_ptr<Bus> real, int percent) : real_(std::move(real)), percent_(percent) {}

  void on_message(Listener listener) override { real_->on_message(std::move(listener)); }
  void start() override { real_->start(); }
  void stop() override { real_->stop(); }
  void publish(Message message) override;
  bool healthy() const override { return real_->healthy(); }
  Stats stats() const override { return real_->stats(); }

 private:
  static constexpr std::size_t kLateMax = 8;

  bool one_in_hundred(int percent) { return static_cast<int>(random_() % 100) < percent; }

  const std::unique_ptr<Bus> real_;
  const int percent_;
  std::mutex mutex_;
  std::minstd_rand random_{std::random_device{}()};  // guarded by mutex_
  std::deque<Message> late_;                         // guarded by mutex_
};

}  // namespace fairlead::bus
