#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "presence/presence.h"
#include "store/view.h"

// What others are told when somebody's presence changes. Pure.
namespace fairlead::chat {

// One event, and the rooms whose members get it.
struct PresenceNews {
  presence::Changes users;
  std::vector<RoomId> rooms;
};

// At most one event a room, with all who changed and are in it; rooms in which the same users
// changed share theirs. Rooms of more than `members_max` members are told nothing.
std::vector<PresenceNews> presence_news(store::View& view, const presence::Changes& changes,
                                        std::int64_t members_max);

// Ephemeral: the whole event's JSON. `users` says it all; of a single user it is said beside it,
// too.
std::string presence_event_json(const presence::Changes& users, std::int64_t now_ms);

}  // namespace fairlead::chat
