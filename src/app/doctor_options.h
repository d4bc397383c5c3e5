#pragma once

#include "doctor/options.h"

namespace CLI {
class App;
}

namespace fairlead::app {

// The options of `fairlead doctor`, and a help that teaches them. What makes no sense together is
// found later, by doctor::prepare.
void add_doctor_options(CLI::App& doctor, doctor::Options& options);

}  // namespace fairlead::app
