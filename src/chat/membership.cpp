#include "chat/membership.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "chat/accounts.h"
#include "chat/events.h"
#include "core/limits.h"

namespace fairlead::chat {
namespace {

constexpr std::size_t kAll = std::numeric_limits<std::int32_t>::max();

// Of those who stay, the one of the highest role, and of these the one who came first.
const Member* successor(const std::vector<Member>& members, UserId leaving) {
  const Member* best = nullptr;
  for (const auto& member : members) {
    if (member.user.id == leaving) continue;
    if (best == nullptr || member.role > best->role ||
        (member.role == best->role && member.joined_at_ms < best->joined_at_ms)) {
      best = &member;
    }
  }
  return best;
}

}  // namespace

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
    const auto members = tx.members(room.id, kAll);
    const auto* heir = successor(members, id);
    if (heir != nullptr && heir->role != Role::kOwner) {
      Member owner = *heir;
      owner.role = Role::kOwner;
      owner.muted_until_ms = 0;
      tx.update_member(room.id, owner.user.id, Role::kOwner);
      tx.lift_mute(room.id, owner.user.id);
      tx.append(member_updated(room.id, owner, now_ms));
    }
  }
  tx.remove_member(room.id, id, tx.next_position());
  tx.append(member_left(room.id, *user, by, now_ms));
  if (last && room.visibility == Visibility::kPrivate) erase_room(tx, room.id, now_ms);
  return {};
}

std::optional<Member> find_member(store::View& view, RoomId room, UserId user) {
  for (auto& member : view.members(room, kAll)) {
    if (member.user.id == user) return std::move(member);
  }
  return std::nullopt;
}

bool has_other_owner(store::View& view, RoomId room, UserId user) {
  const auto members = view.members(room, kAll);
  return std::any_of(members.begin(), members.end(), [user](const Member& member) {
    return member.role == Role::kOwner && member.user.id != user;
  });
}

void erase_room(store::Transaction& tx, RoomId room, std::int64_t now_ms) {
  tx.delete_room(room);
  tx.append(room_deleted(room, now_ms));
}

}  // namespace fairlead::chat
