#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "load/histogram.h"
#include "load/receiver.h"
#include "load/tally.h"

namespace fairlead::load {

// All the receivers of one transport. On the loop's thread; the loop, endpoint and audience outlive
// it.
class Crowd final : Receiver::Listener {
 public:
  Crowd(Loop& loop, const Endpoint& endpoint, const Audience& audience, Transport transport,
        std::size_t size);
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  // Turns the loop until all have heard hello, at most so many of them at once under way. A failure
  // that would come again, or 30 s in which none came in, end it.
  Outcome<void> connect();

  // From now on, messages with this run's and trial's mark are counted there; null: nowhere.
  void count(const std::string& run, std::uint64_t trial, Tally* tally);

  std::size_t size() const { return receivers_.size(); }
  std::size_t live() const { return live_; }
  const Histogram& connect_times() const { return connect_times_; }
  std::uint64_t reconnects() const { return reconnects_; }
  const std::optional<Failure>& last_failure() const { return last_failure_; }

 private:
  void on_live(std::size_t receiver, std::chrono::nanoseconds took) override;
  void on_message(std::size_t receiver, std::string_view text, std::uint64_t seq,
                  MonoTime at) override;
  void on_cut(std::size_t receiver, const Failure& why) override;
  void begin_some();
  void sweep();

  Loop& loop_;
  std::vector<std::unique_ptr<Receiver>> receivers_;
  std::size_t begun_ = 0;
  std::size_t live_ = 0;
  MonoTime last_live_{};
  Histogram connect_times_;
  std::uint64_t reconnects_ = 0;         // of receivers that had been live
  std::optional<Failure> last_failure_;  // of any
  bool hopeless_ = false;                // … and it would come again
  std::string run_;
  std::uint64_t trial_ = 0;
  Tally* tally_ = nullptr;
  Loop::Timer sweeping_;
};

}  // namespace fairlead::load
