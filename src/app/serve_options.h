#pragma once

#include "app/config.h"

namespace CLI {
class App;
}

namespace fairlead::app {

// The options of `fairlead serve`, each with its FAIRLEAD_… variable, and help that teaches them.
void add_serve_options(CLI::App& serve, Config& config);

}  // namespace fairlead::app
