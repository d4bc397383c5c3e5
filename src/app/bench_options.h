#pragma once

#include "load/options.h"

namespace CLI {
class App;
}

namespace fairlead::app {

// The options of `fairlead bench`, and a help that teaches them. What makes no sense together is
// found later, by load::make_plan.
void add_bench_options(CLI::App& bench, load::Options& options);

}  // namespace fairlead::app
