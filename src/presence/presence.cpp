#include "presence/presence.h"

namespace fairlead::presence {

std::string_view to_wire(Status status) {
  switch (status) {
    case Status::kOnline:
      return "online";
    case Status::kAway:
      return "away";
    case Status::kOffline:
      return "offline";
    case Status::kUnknown:
      break;
  }
  return "unknown";
}

}  // namespace fairlead::presence
