#pragma once

#include <vector>

#include "core/result.h"
#include "store/transaction.h"

// Who is in a room in which role. Pure rules, inside somebody else's transaction or view.
namespace fairlead::chat {

struct RoleChange {
  Member member;
  bool added = false;  // was no member before
};

// Members see each other. At most `limit`, by name. Errors: not_found, not_a_member.
Result<std::vector<Member>> list_members(store::View& view, UserId caller, RoomId room,
                                         std::size_t limit);

// Gives `user` a role, adding them if they are no member (the way into a private room). Nobody
// touches those of their own rank or above, or lifts others above themselves; owners may do
// everything but leave the room without an owner. Errors: not_found, not_a_member, forbidden,
// conflict.
Result<RoleChange> set_role(store::Transaction& tx, UserId caller, RoomId room, UserId user,
                            Role role, std::int64_t now_ms);

// Oneself: the same as leaving. Others: only those of lower rank (owners: anybody). Errors: as
// set_role.
Result<void> remove_member(store::Transaction& tx, UserId caller, RoomId room, UserId user,
                           std::int64_t now_ms);

}  // namespace fairlead::chat
