#pragma once

#include "doctor/options.h"

namespace fairlead::doctor {

inline constexpr int kExitWell = 0;
inline constexpr int kExitMend = 1;    // there is something to mend
inline constexpr int kExitNotRun = 2;  // a mistake in the options, or interrupted

// `fairlead doctor`: finds out what stands between here and a deployment, and what on this host
// limits it. The result goes to stdout, what is under way to stderr. Returns the exit code. Once
// per process and on its main thread (it catches SIGINT); takes as long as it says beforehand.
int doctor(const Options& options);

}  // namespace fairlead::doctor
