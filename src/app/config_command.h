#pragma once

#include <string>
#include <tl/expected.hpp>

#include "app/config_options.h"

namespace fairlead::app {

// `fairlead config`: prints or writes what was asked for. Its exit code: 0, 1 if it could not be
// written, 2 for a mistake in the options (said on stderr). Blocks on disk, and on `nginx -v`.
int run_config(const ConfigOptions& options);

// Where nginx finds the node: the first Unix socket that it listens on, else its first address, as
// it is reached from this host.
std::string upstream_of(const Config& server);

}  // namespace fairlead::app
