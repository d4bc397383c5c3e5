#pragma once

#include <cstdint>
#include <vector>

namespace fairlead::load {

// Durations, counted in buckets that are at most 0.8% wide: a million latencies take no more memory
// than ten. The largest is kept exactly.
class Histogram {
 public:
  void record(std::int64_t nanoseconds);  // below zero counts as zero
  void clear() { *this = Histogram(); }

  std::uint64_t count() const { return count_; }
  double max_ms() const { return static_cast<double>(max_ns_) / 1e6; }
  // What `share` (0 to 1) of them do not exceed, to within a bucket; 0 if there are none.
  double quantile_ms(double share) const;

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::int64_t max_ns_ = 0;
};

}  // namespace fairlead::load
