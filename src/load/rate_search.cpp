#include "load/rate_search.h"

namespace fairlead::load {
namespace {

constexpr int kBisectionsMax = 3;
constexpr double kRateMax = 1e6;

}  // namespace

std::optional<double> RateSearch::next() const {
  if (over_) return std::nullopt;
  return rate_;
}

void RateSearch::tried(bool borne) {
  if (!borne && !again_) {
    again_ = true;
    return;
  }
  again_ = false;
  (borne ? best_ : too_high_) = rate_;
  if (too_high_ == 0) {
    rate_ *= 2;
    over_ = rate_ > kRateMax;
  } else {
    over_ = best_ == 0 || bisections_++ == kBisectionsMax;
    rate_ = (best_ + too_high_) / 2;
  }
}

}  // namespace fairlead::load
