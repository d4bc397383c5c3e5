#include "chat/permissions.h"

#include <array>
#include <utility>

namespace fairlead::chat {
namespace {

// Rows in the order of Action, columns in that of Role.
constexpr std::array<std::array<bool, 4>, 8> kTable{{
    // reader, member, moderator, owner
    {true, true, true, true},     // kRead
    {true, true, true, true},     // kMarkRead
    {false, true, true, true},    // kSend
    {false, true, true, true},    // kReact
    {false, false, true, true},   // kModerate
    {false, false, true, true},   // kUpdateRoom
    {false, false, true, true},   // kManageMembers
    {false, false, false, true},  // kDeleteRoom
}};

}  // namespace

bool may(Role role, Action action) {
  return kTable.at(static_cast<std::size_t>(action)).at(static_cast<std::size_t>(role));
}

Error no_such_room() {
  return error(ErrorCode::kNotFound, "there is no such room");
}
Error no_such_message() {
  return error(ErrorCode::kNotFound, "there is no such message");
}

Result<std::vector<RoomId>> readable_rooms(store::View& view, UserId caller,
                                           std::optional<RoomId> room) {
  std::vector<RoomId> rooms;
  if (room) {
    const auto role = permission(view, *room, caller, Action::kRead);
    if (!role) return fail(role.error());
    rooms.push_back(*room);
  } else {
    for (const auto& membership : view.memberships(caller)) {
      if (membership.since) rooms.push_back(membership.room);
    }
  }
  return rooms;
}

Result<SeenRoom> sight(store::View& view, RoomId id, UserId caller) {
  auto seen = view.seen_room(id, caller);
  if (!seen) return fail(no_such_room());
  if (!seen->role && seen->room.visibility == Visibility::kPrivate) return fail(no_such_room());
  return std::move(*seen);
}

Result<Role> permission(store::View& view, RoomId id, UserId caller, Action action) {
  const auto role = view.role(id, caller);  // a room that goes takes its members with it
  if (!role) {
    const auto seen = sight(view, id, caller);
    return fail(seen ? error(ErrorCode::kNotAMember, "join the room first") : seen.error());
  }
  if (!may(*role, action)) {
    return fail(ErrorCode::kForbidden, "your role in the room does not allow this");
  }
  return *role;
}

Result<Access> access(store::View& view, RoomId id, UserId caller, Action action) {
  const auto role = permission(view, id, caller, action);
  if (!role) return fail(role.error());
  auto room = view.room(id);
  if (!room) return fail(no_such_room());
  return Access{std::move(*room), *role};
}

}  // namespace fairlead::chat
