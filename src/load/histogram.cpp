#include "load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace fairlead::load {
namespace {

// Below 2^7 units each has a bucket of its own; above, each power of two has 2^7. The unit is 1.024
// µs.
constexpr int kUnitBits = 10;
constexpr int kBits = 7;

std::size_t bucket_of(std::uint64_t units) {
  const int above = static_cast<int>(std::bit_width(units)) - kBits - 1;
  if (above <= 0) return units;
  return (static_cast<std::size_t>(above) << kBits) + (units >> above);
}

// The largest value of a bucket.
std::uint64_t top_of(std::size_t bucket) {
  const auto above = bucket >> kBits;
  if (above <= 1) return bucket;
  const auto shift = above - 1;
  const auto units = bucket - (shift << kBits);
  return ((units + 1) << shift) - 1;
}

}  // namespace

void Histogram::record(std::int64_t nanoseconds) {
  nanoseconds = std::max<std::int64_t>(nanoseconds, 0);
  const auto bucket = bucket_of(static_cast<std::uint64_t>(nanoseconds) >> kUnitBits);
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
  ++buckets_[bucket];
  ++count_;
  max_ns_ = std::max(max_ns_, nanoseconds);
}

double Histogram::quantile_ms(double share) const {
  if (count_ == 0) return 0;
  const auto wanted = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen < wanted) continue;
    const auto top_ns = static_cast<double>((top_of(bucket) + 1) << kUnitBits);
    return std::min(top_ns / 1e6, max_ms());
  }
  return max_ms();
}

}  // namespace fairlead::load
