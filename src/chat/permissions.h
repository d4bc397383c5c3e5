#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/result.h"
#include "store/view.h"

// Who may do what in a room: one table, and the one look-up that goes with it.
namespace fairlead::chat {

enum class Action : std::uint8_t {
  kRead,  // messages, members, presence
  kMarkRead,
  kSend,  // … edit and delete what one has sent, be seen typing
  kReact,
  kModerate,  // delete others' messages
  kUpdateRoom,
  kManageMembers,  // add them, remove them, change their roles
  kDeleteRoom,
};

// The table of role × action. Total.
bool may(Role role, Action action);

// The caller's role in the room. Errors: not_found (no such room, or a private one of
// others), not_a_member (a public one), forbidden (the role does not allow it).
Result<Role> permission(store::View& view, RoomId room, UserId caller, Action action);
// The same, and the room.
struct Access {
  Room room;
  Role role = Role::kReader;
};
Result<Access> access(store::View& view, RoomId room, UserId caller, Action action);

// `room`, if the caller may read it; without one, all that they may. Errors: those of permission().
Result<std::vector<RoomId>> readable_rooms(store::View& view, UserId caller,
                                           std::optional<RoomId> room);

// A room that the caller may know of. Errors: not_found.
Result<SeenRoom> sight(store::View& view, RoomId room, UserId caller);

// What every missing room and every hidden one looks like: they must not be told apart.
Error no_such_room();
Error no_such_message();

}  // namespace fairlead::chat
