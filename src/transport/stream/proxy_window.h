#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include "core/clock.h"
#include "hub/pace.h"

namespace fairlead::stream {

// How many answers a proxy on this host is given ahead of what it has taken in, where events come
// faster than polls come back. An event in a large room answers all its polls at once; a proxy
// passes on some 50 a millisecond, first come, first served, and whatever else it has to pass on
// waits behind all of them: the next send, for one. What waits here instead goes with what is
// committed meanwhile. One thread: the engine's.
class ProxyWindow {
 public:
  static constexpr std::size_t kSlice = 8;  // answers, of which the last one tells for all
  static constexpr std::size_t kSlicesMax = 2;
  static constexpr auto kPatience = hub::Pace::kProxyMax;
  static constexpr std::chrono::seconds kCrowded{10};
  // Of each so long a time the end belongs to whoever shares the processor, in a crowd whose
  // answers bring few events: else its polls would take all of it, for little. Then there are more
  // in each.
  static constexpr std::chrono::milliseconds kPeriod{10}, kRest{3};
  static constexpr std::size_t kSample = 16 * kSlice;      // answers
  static constexpr std::size_t kEnough = kSample * 7 / 2;  // events in them
  // That many late ones within that time are a crowd; one alone comes from elsewhere.
  static constexpr std::size_t kLateOnes = 8;
  static constexpr std::chrono::milliseconds kLateWithin{100};

  // A poll came and had not to wait for an event.
  void came_late(MonoTime now) {
    if (now >= late_since_ + kLateWithin) {
      late_since_ = now;
      late_ = 0;
    }
    if (++late_ >= kLateOnes) crowded_until_ = now + kCrowded;
  }
  bool is_crowded(MonoTime now) const { return now < crowded_until_; }
  bool rests(MonoTime now) const {
    return brings_little_ && is_crowded(now) && now.time_since_epoch() % kPeriod >= kPeriod - kRest;
  }
  // One has been answered. `key`: whom is_full() may ask about.
  void answered(std::uint64_t key, std::size_t events, MonoTime now) {
    if (!is_crowded(now)) return;
    events_ += events;
    ++count_;
    if (count_ % kSample == 0) brings_little_ = std::exchange(events_, 0) < kEnough;
    if (count_ % kSlice != 0) return;
    slices_.push_back({key, now});
    if (slices_.size() > kSlicesMax) slices_.pop_front();
  }

  // Whether it is to be given nothing now. `is_unread(key)`: whether a proxy has yet to take in
  // what was written there last.
  template <typename IsUnread>
  bool is_full(MonoTime now, const IsUnread& is_unread) {
    if (rests(now)) return true;
    while (slices_.size() >= kSlicesMax) {
      const auto& oldest = slices_.front();
      if (now < oldest.when + kPatience && is_unread(oldest.key)) return true;
      slices_.pop_front();
    }
    return false;
  }

 private:
  struct Slice {
    std::uint64_t key;
    MonoTime when;
  };
  MonoTime late_since_{};
  std::size_t late_ = 0;
  MonoTime crowded_until_{};
  std::uint64_t count_ = 0;
  std::size_t events_ = 0;  // of the sample that is being taken
  bool brings_little_ = false;
  std::deque<Slice> slices_;  // kSlicesMax at most
};

}  // namespace fairlead::stream
