#include "hub/networks.h"

#include <algorithm>

namespace fairlead::hub {
namespace {

constexpr std::array<std::string_view, kCauses> kNames{"silent",  "one_way", "buffered",
                                                       "refused", "cut",     "other"};

}  // namespace

std::string_view to_wire(Cause cause) {
  return kNames.at(static_cast<std::size_t>(cause));
}

Cause cause_of(std::string_view wire) {
  const auto it = std::find(kNames.begin(), kNames.end(), wire);
  return it == kNames.end() ? Cause::kOther : static_cast<Cause>(it - kNames.begin());
}

void NetworkStats::Times::add(Millis time) {
  const auto us = std::chrono::microseconds(time).count();
  const auto bound = std::lower_bound(kBounds_us.begin(), kBounds_us.end(), us);
  ++counts.at(static_cast<std::size_t>(bound - kBounds_us.begin()));
  total_us += static_cast<std::uint64_t>(us);
}

}  // namespace fairlead::hub
