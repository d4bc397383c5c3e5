#pragma once

#include <optional>

#include "core/result.h"
#include "store/transaction.h"

// The steps by which people come into rooms and go: shared by rooms.cpp and members.cpp, with no
// question of who may do it.
namespace fairlead::chat {

// Errors: conflict (`user` is in kRoomsPerUserMax rooms already).
Result<void> check_room_count(store::View& view, UserId user);

// Adds somebody who is no member and tells the room; `room` gets its new count. Errors: not_found
// (user), conflict.
Result<Member> add_member(store::Transaction& tx, Room& room, UserId user, Role role,
                          std::int64_t now_ms);

// Takes a member out and tells the room and them; `by` is who did it. Finds the room an owner, or
// deletes it, as leave_room() says.
Result<void> take_out(store::Transaction& tx, const Room& room, UserId user, Role role, UserId by,
                      std::int64_t now_ms);

void erase_room(store::Transaction& tx, RoomId room, std::int64_t now_ms);

}  // namespace fairlead::chat
