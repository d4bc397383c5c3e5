#pragma once

#include <string>
#include <string_view>

#include "bus/bus.h"
#include "core/result.h"

// Messages as JSON. Pure functions.
namespace fairlead::bus {

std::string encode(const Message& message);
// `epoch`: of the log, for the cursors of its events. Anything that is not a message of a version
// spoken here is an error, with what is wrong.
Result<Message> decode(std::string_view text, const std::string& epoch);

}  // namespace fairlead::bus
