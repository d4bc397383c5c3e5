#include "chat/rooms.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "chat/accounts.h"
#include "chat/events.h"
#include "chat/membership.h"
#include "chat/moderation.h"
#include "chat/permissions.h"

namespace fairlead::chat {

std::vector<SeenRoom> list_rooms(store::View& view, UserId caller, std::size_t public_max) {
  std::vector<SeenRoom> rooms;
  std::unordered_set<RoomId> own;
  for (auto& summary : view.rooms_of(caller)) {
    own.insert(summary.seen.room.id);
    rooms.push_back(std::move(summary.seen));
  }
  for (auto& room : view.public_rooms(public_max)) {
    if (!own.contains(room.id)) rooms.push_back({std::move(room), {}, 0, {}});
  }
  std::stable_sort(rooms.begin(), rooms.end(),
                   [](const SeenRoom& a, const SeenRoom& b) { return a.room.name < b.room.name; });
  return rooms;
}

Result<SeenRoom> create_room(store::Transaction& tx, UserId caller, const NewRoom& wanted,
                             std::int64_t now_ms) {
  if (auto fits = check_room_count(tx, caller); !fits) return fail(fits.error());
  Room room;
  room.id = RoomId(random_id());
  room.name = wanted.name;
  room.topic = wanted.topic;
  room.visibility = wanted.visibility;
  room.created_at_ms = now_ms;
  room.members_count = 1;
  tx.insert_room(room);
  tx.insert_member(room.id, caller, Role::kOwner, tx.next_position(), now_ms);
  tx.append(room_created(room, caller, now_ms));
  return SeenRoom{std::move(room), Role::kOwner, 0, {}};
}

Result<SeenRoom> update_room(store::Transaction& tx, UserId caller, RoomId id,
                             const RoomChanges& changes, std::int64_t now_ms) {
  auto allowed = access(tx, id, caller, Action::kUpdateRoom);
  if (!allowed) return fail(allowed.error());
  // A name and a topic are words, too.
  if (auto heard = voice(tx, id, caller, Action::kUpdateRoom, now_ms); !heard) {
    return fail(heard.error());
  }
  Room room = allowed->room;
  room.name = changes.name.value_or(room.name);
  room.topic = changes.topic.value_or(room.topic);
  room.visibility = changes.visibility.value_or(room.visibility);
  room.slow_mode_s = changes.slow_mode_s.value_or(room.slow_mode_s);
  const Room& before = allowed->room;
  const bool same = room.name == before.name && room.topic == before.topic &&
                    room.visibility == before.visibility && room.slow_mode_s == before.slow_mode_s;
  if (!same) {
    tx.update_room(room);
    tx.append(room_updated(room, now_ms));
  }
  return SeenRoom{std::move(room), allowed->role, tx.muted_until_ms(id, caller), {}};
}

Result<void> delete_room(store::Transaction& tx, UserId caller, RoomId id, std::int64_t now_ms) {
  const auto allowed = access(tx, id, caller, Action::kDeleteRoom);
  if (!allowed) return fail(allowed.error());
  erase_room(tx, id, now_ms);
  return {};
}

Result<SeenRoom> join_room(store::Transaction& tx, UserId caller, RoomId id, std::int64_t now_ms) {
  auto seen = sight(tx, id, caller);
  if (!seen || seen->role) return seen;
  seen->role = seen->room.members_count == 0 ? Role::kOwner : Role::kMember;
  const auto member = add_member(tx, seen->room, caller, *seen->role, now_ms);
  if (!member) return fail(member.error());
  seen->muted_until_ms = member->muted_until_ms;
  return seen;
}

Result<void> leave_room(store::Transaction& tx, UserId caller, RoomId id, std::int64_t now_ms) {
  auto allowed = access(tx, id, caller, Action::kRead);
  if (!allowed) return fail(allowed.error());
  if (allowed->room.kind == RoomKind::kDirect) {
    return fail(ErrorCode::kForbidden, "a direct room cannot be left");
  }
  return take_out(tx, allowed->room, caller, allowed->role, caller, now_ms);
}

Result<DirectRoom> direct_room(store::Transaction& tx, UserId caller, UserId other,
                               std::int64_t now_ms) {
  if (caller == other) return fail(field_error("user", "must be somebody else"));
  const auto a = read_user(tx, caller);
  const auto b = read_user(tx, other);
  if (!a) return fail(a.error());
  if (!b) return fail(b.error());
  if (auto known = tx.direct_room(caller, other)) {
    return DirectRoom{{std::move(*known), Role::kMember, 0, *b}, false};
  }
  if (auto fits = check_room_count(tx, caller); !fits) return fail(fits.error());
  Room room;
  room.id = RoomId(random_id());
  room.name = a->name + ", " + b->name;
  room.visibility = Visibility::kPrivate;
  room.kind = RoomKind::kDirect;
  room.created_at_ms = now_ms;
  room.members_count = 1;
  tx.insert_room(room);
  tx.insert_member(room.id, caller, Role::kMember, tx.next_position(), now_ms);
  tx.append(room_created(room, caller, now_ms));
  const auto joined = add_member(tx, room, other, Role::kMember, now_ms);
  if (!joined) return fail(joined.error());
  tx.set_direct_room(caller, other, room.id);
  return DirectRoom{{std::move(room), Role::kMember, 0, *b}, true};
}

}  // namespace fairlead::chat
