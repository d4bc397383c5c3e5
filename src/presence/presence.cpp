#include "presence/presence.h"

#include <utility>

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

void Map::count(std::vector<UserId> users, Counted done) {
  query(std::move(users), [done = std::move(done)](const std::map<UserId, State>& states) {
    std::map<Status, std::size_t> of;
    for (const auto& [user, state] : states) ++of[state.status];
    if (of[Status::kUnknown] > 0) return done(std::nullopt);
    done(Headcount{of[Status::kOnline], of[Status::kAway], states.size()});
  });
}

}  // namespace fairlead::presence
