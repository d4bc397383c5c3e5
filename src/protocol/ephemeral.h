#pragma once

#include <vector>

#include "core/bytes.h"
#include "core/ids.h"

namespace fairlead {

// An event that is not in the log: at most once, no cursor (G5). `json` is the whole event.
struct Ephemeral {
  std::vector<RoomId> rooms;  // to the sessions in any of these, each once …
  UserId except;              // … but not to this user's
  Bytes json;
};

}  // namespace fairlead
