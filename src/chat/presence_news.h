#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "presence/presence.h"
#include "store/view.h"

// What others are told when somebody's presence changes. Pure.
namespace fairlead::chat {

// One event, and the rooms whose members get it.
struct PresenceNews {
  presence::Changes changes;
  std::vector<RoomId> rooms;
};

struct PresenceNewsAll {
  std::vector<PresenceNews> each;
  std::map<RoomId, std::int64_t> large;  // more members than are told of each change: how many
};

// At most one event a room, with all who changed and are in it; rooms in which the same users
// changed share theirs. Rooms of more than `members_max` members are told nothing but counts.
PresenceNewsAll presence_news(store::View& view, const presence::Changes& changes,
                              std::int64_t members_max);

// Ephemeral: the whole event's JSON. Its `users` says it all; of a single user it is said beside
// it, too.
std::string presence_event_json(const presence::Changes& changes, std::int64_t now_ms);

// Ephemeral: how many of a large room's members are online and away.
std::string presence_counts_json(RoomId room, const presence::Headcount& members,
                                 std::int64_t now_ms);

}  // namespace fairlead::chat
