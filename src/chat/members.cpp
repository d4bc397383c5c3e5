#include "chat/members.h"

#include <utility>

#include "chat/accounts.h"
#include "chat/events.h"
#include "chat/membership.h"
#include "chat/permissions.h"

namespace fairlead::chat {
namespace {

Error above_you() {
  return error(ErrorCode::kForbidden, "only owners decide about those of your rank and above");
}

bool has_other_owner(store::View& view, RoomId room, UserId user) {
  const auto first = view.heir(room, user);
  return first && first->role == Role::kOwner;
}

}  // namespace

Result<std::vector<Member>> list_members(store::View& view, UserId caller, RoomId room,
                                         std::size_t limit) {
  const auto allowed = permission(view, room, caller, Action::kRead);
  if (!allowed) return fail(allowed.error());
  return view.members(room, limit);
}

Result<RoleChange> set_role(store::Transaction& tx, UserId caller, RoomId id, UserId user,
                            Role role, std::int64_t now_ms) {
  auto allowed = access(tx, id, caller, Action::kManageMembers);
  if (!allowed) return fail(allowed.error());
  const auto present = tx.role(id, user);
  const bool owner = allowed->role == Role::kOwner;
  if (!owner && (role >= allowed->role || (present && *present >= allowed->role))) {
    return fail(above_you());
  }
  if (!present) {
    auto added = add_member(tx, allowed->room, user, role, now_ms);
    if (!added) return fail(added.error());
    return RoleChange{std::move(*added), true};
  }
  if (*present == Role::kOwner && role != Role::kOwner && !has_other_owner(tx, id, user)) {
    return fail(ErrorCode::kConflict, "the room needs an owner: name another one first");
  }
  if (*present != role) {
    tx.update_member(id, user, role);
    if (role == Role::kOwner) tx.lift_mute(id, user);
  }
  auto member = tx.member(id, user);
  if (!member) return fail(ErrorCode::kNotFound, "there is no such member");
  if (*present != role) tx.append(member_updated(id, *member, now_ms));
  return RoleChange{std::move(*member), false};
}

Result<void> remove_member(store::Transaction& tx, UserId caller, RoomId id, UserId user,
                           std::int64_t now_ms) {
  const auto allowed = access(tx, id, caller, Action::kRead);
  if (!allowed) return fail(allowed.error());
  if (allowed->room.kind == RoomKind::kDirect) {
    return fail(ErrorCode::kForbidden, "a direct room keeps its two members");
  }
  const auto role = tx.role(id, user);
  if (user != caller) {
    if (!may(allowed->role, Action::kManageMembers)) {
      return fail(ErrorCode::kForbidden, "your role in the room does not allow this");
    }
    if (!role) return fail(ErrorCode::kNotFound, "there is no such member");
    if (allowed->role != Role::kOwner && *role >= allowed->role) return fail(above_you());
  }
  return take_out(tx, allowed->room, user, role.value_or(Role::kReader), caller, now_ms);
}

}  // namespace fairlead::chat
