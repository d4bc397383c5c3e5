#pragma once

#include <string>

#include "api/api.h"

namespace fairlead::api {

// Everything that is counted, in the Prometheus text format 0.0.4. Any thread, does not block.
std::string metrics_text(const Api& api);

}  // namespace fairlead::api
