#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "load/options.h"
#include "load/tally.h"

namespace fairlead::load {

struct Spread {
  double p50 = 0;
  double p90 = 0;
  double p99 = 0;
  double max = 0;
};
Spread spread_of(const Histogram& histogram);  // milliseconds

// Why a step of --saturate was too much, where the reason is this program's own bound.
inline constexpr const char* kNoMoreSends = "sends could not keep up";

// One step of --saturate.
struct Step {
  double asked_per_s = 0;
  double sends_per_s = 0;
  double deliveries_per_s = 0;
  double p99_ms = 0;
  std::string stopped_by;  // empty: it was borne
};

// What one transport did: a row of the table, a line of JSON.
struct Row {
  Transport transport{};
  std::size_t receivers = 0;
  std::string error = {};  // empty: it was measured
  Spread connect_ms = {};
  double asked_per_s = 0;
  double seconds = 0;  // from the first send to the last answer
  Tally::Counts counts = {};
  double sends_per_s = 0;
  double deliveries_per_s = 0;
  Spread latency_ms = {};
  Spread lag_ms = {};  // of sends behind their schedule
  std::uint64_t rate_limited = 0;
  std::uint64_t failed = 0;
  std::string failure = {};  // the last, explained
  std::uint64_t reconnects = 0;
  double cpu_share = 0;  // of a core, used by this program
  bool interrupted = false;
  std::vector<Step> steps = {};  // of --saturate, in the order they were tried

  bool fine() const { return error.empty() && counts.clean() && failed == 0 && counts.sent > 0; }
};

}  // namespace fairlead::load
