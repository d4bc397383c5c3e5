#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "store/transaction.h"

// Rooms and who is in them. Pure rules, inside somebody else's transaction or view.
namespace fairlead::chat {

struct NewRoom {  // checked already (requests.h)
  std::string name;
  std::string topic;
  Visibility visibility = Visibility::kPublic;
};

struct RoomChanges {
  std::optional<std::string> name = {};
  std::optional<std::string> topic = {};
  std::optional<Visibility> visibility = {};
  std::optional<std::int64_t> slow_mode_s = {};
};

struct DirectRoom {
  SeenRoom room;
  bool created = false;
};

// The caller's rooms and the public ones that they could join, by name; at most
// limits::kRoomsPerUserMax own and `public_max` public ones.
std::vector<SeenRoom> list_rooms(store::View& view, UserId caller, std::size_t public_max = 500);

// Errors: conflict (in kRoomsPerUserMax rooms already).
Result<SeenRoom> create_room(store::Transaction& tx, UserId caller, const NewRoom& room,
                             std::int64_t now_ms);
// Errors: not_found, not_a_member, forbidden, muted.
Result<SeenRoom> update_room(store::Transaction& tx, UserId caller, RoomId room,
                             const RoomChanges& changes, std::int64_t now_ms);
Result<void> delete_room(store::Transaction& tx, UserId caller, RoomId room, std::int64_t now_ms);

// Joining a public room (as its owner if nobody is in it any more); joining again changes nothing.
// Errors: not_found, conflict (in kRoomsPerUserMax rooms already).
Result<SeenRoom> join_room(store::Transaction& tx, UserId caller, RoomId room, std::int64_t now_ms);

// When the last owner leaves, the room passes to the longest-serving among the members of the
// highest role. A private room that nobody is in is deleted; a public one stays, for whoever joins
// next. Errors: not_found, not_a_member, forbidden (a direct room).
Result<void> leave_room(store::Transaction& tx, UserId caller, RoomId room, std::int64_t now_ms);

// The one direct room of two users, made when it is first asked for. Errors: not_found (other),
// invalid_fields (oneself).
Result<DirectRoom> direct_room(store::Transaction& tx, UserId caller, UserId other,
                               std::int64_t now_ms);

}  // namespace fairlead::chat
