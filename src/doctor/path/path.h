#pragma once

#include <functional>
#include <string_view>

#include "doctor/path/examination.h"

namespace fairlead::doctor {

// How long an examination takes where nothing is wrong, in seconds.
int usual_seconds(const Settings& settings);

// Runs every probe, one after the other, and hands out what each found. Stops where nothing more
// can be learnt, and when interrupted. Blocks; on the main thread.
void examine(Examination& exam,
             const std::function<void(std::string_view what, double share)>& doing,
             const std::function<void(const Findings&)>& found);

}  // namespace fairlead::doctor
