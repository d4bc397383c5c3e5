#pragma once

#include <functional>

#include "load/crowd.h"
#include "load/progress.h"
#include "load/publisher.h"
#include "load/row.h"

namespace fairlead::load {

// Who takes part in the trials of one transport, connected and ready.
struct Cast {
  Loop& loop;
  Crowd& crowd;
  Publisher& publisher;
  Progress& progress;
  const Plan& plan;
  const std::string& run;
  std::uint64_t& trials;  // so far, of this run of the program
};

// Sends for `seconds` at `rate`, waits until all has arrived (or nothing came for 10 s), and
// counts. An interrupt ends the sending early, and is noted in the row.
Row run_trial(const Cast& cast, Transport transport, double rate, double seconds);

// Looks for the highest rate with a p99 of at most 100 ms, nothing lost and nothing refused; the
// row of the best trial, with all the steps.
Row saturate(const Cast& cast, Transport transport);

}  // namespace fairlead::load
