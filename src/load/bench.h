#pragma once

#include "load/options.h"

namespace fairlead::load {

inline constexpr int kExitFine = 0;
inline constexpr int kExitWrong = 1;  // lost, repeated, out of order, or not reached at all
inline constexpr int kExitUsage = 2;

// `fairlead bench`: measures what the options ask for, and prints it: the results to stdout,
// everything else to stderr. Returns the exit code. Once per process and on its main thread (it
// catches SIGINT).
int bench(const Options& options);

}  // namespace fairlead::load
