#pragma once

#include <cstdint>
#include <vector>

#include "core/clock.h"
#include "load/histogram.h"

namespace fairlead::load {

// The book-keeping of one trial: which numbers were sent and acknowledged, and what each receiver
// got of them. Order is the server's: the message's `seq` in its room. One thread.
class Tally {
 public:
  explicit Tally(std::size_t receivers) : received_(receivers) {}

  // --- the publisher. A number is what send() returned.
  std::uint64_t send(MonoTime at);
  void acknowledged(std::uint64_t number) { fates_[number] = Fate::kKept; }
  void refused(std::uint64_t number) { fates_[number] = Fate::kRefused; }  // nobody may get it
  // 'unknown': it may have been kept, though no answer said so. Neither lost nor wrong if it comes.

  // --- the receivers
  void arrived(std::size_t receiver, std::uint64_t number, std::uint64_t room_seq, MonoTime at);

  struct Counts {
    std::uint64_t sent = 0;          // acknowledged
    std::uint64_t unknown = 0;       // never answered
    std::uint64_t deliveries = 0;    // each message once per receiver
    std::uint64_t lost = 0;          // acknowledged, and not arrived (so far)
    std::uint64_t repeated = 0;      // arrived again
    std::uint64_t out_of_order = 0;  // arrived after one that stands behind it in the room
    std::uint64_t unasked = 0;       // arrived though its send was refused, or was never sent
    bool clean() const { return lost + repeated + out_of_order + unasked == 0; }
    void add_faults(const Counts& other);
    void set_faults(const Counts& other);
  };
  // Goes through every receiver: not for each message.
  Counts counts() const;
  // Whether everything acknowledged has arrived: cheap while it has plainly not.
  bool complete() const;

  std::uint64_t deliveries() const { return deliveries_; }
  const Histogram& latency() const { return latency_; }
  MonoTime last_arrival() const { return last_arrival_; }

 private:
  enum class Fate : std::uint8_t { kUnknown, kKept, kRefused };
  struct Received {
    std::vector<std::uint64_t> numbers;  // a bit each
    std::uint64_t last_seq = 0;
  };
  std::vector<std::uint64_t> kept() const;  // a bit each

  std::vector<MonoTime> sent_at_;  // by number
  std::vector<Fate> fates_;        // by number
  std::vector<Received> received_;
  std::uint64_t deliveries_ = 0;
  std::uint64_t repeated_ = 0;
  std::uint64_t out_of_order_ = 0;
  std::uint64_t never_sent_ = 0;
  Histogram latency_;
  MonoTime last_arrival_{};
};

}  // namespace fairlead::load
