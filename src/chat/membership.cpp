#include "chat/membership.h"

#include <algorithm>
#include <utility>

#include "chat/accounts.h"
#include "chat/events.h"
#include "core/limits.h"

namespace fairlead::chat {

Result<void> check_room_count(store::View& view, UserId user) {
  const auto memberships = view.memberships(user);
  const auto present = std::count_if(memberships.begin(), memberships.end(),
                                     [](const auto& membership) { return bool(membership.since); });
  if (static_cast<std::size_t>(present) < limits::kRoomsPerUserMax) return {};
  return fail(ErrorCode::kConflict,
              "nobody can be in more than " + std::to_string(limits::kRoomsPerUserMax) + " rooms");
}

Result<Member> add_member(store::Transaction& tx, Room& room, UserId id, Role role,
                          std::int64_t now_ms) {
  auto user = read_user(tx, id);
  if (!user) return fail(user.error());
  if (auto fits = check_room_count(tx, id); !fits) return fail(fits.error());
  if (role == Role::kOwner) tx.lift_mute(room.id, id);
  Member member{std::move(*user), role, now_ms, tx.muted_until_ms(room.id, id)};
  ++room.members_count;
  tx.insert_member(room.id, id, role, tx.next_position(), now_ms);
  tx.append(member_joined(room, member, now_ms));
  return member;
}

Result<void> take_out(store::Transaction& tx, const Room& room, UserId id, Role role, UserId by,
                      std::int64_t now_ms) {
  const auto user = read_user(tx, id);
  if (!user) return fail(user.error());
  const bool last = room.members_count <= 1;
  if (role == Role::kOwner && !last) {
    auto heir = tx.heir(room.id, id);
    if (heir && heir->role != Role::kOwner) {
      heir->role = Role::kOwner;
      heir->muted_until_ms = 0;
      tx.update_member(room.id, heir->user.id, Role::kOwner);
      tx.lift_mute(room.id, heir->user.id);
      tx.append(member_updated(room.id, *heir, now_ms));
    }
  }
  tx.remove_member(room.id, id, tx.next_position());
  tx.append(member_left(room.id, *user, by, now_ms));
  if (last && room.visibility == Visibility::kPrivate) erase_room(tx, room.id, now_ms);
  return {};
}

void erase_room(store::Transaction& tx, RoomId room, std::int64_t now_ms) {
  tx.delete_room(room);
  tx.append(room_deleted(room, now_ms));
}

}  // namespace fairlead::chat
