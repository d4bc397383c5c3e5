#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/result.h"
#include "presence/presence.h"
#include "protocol/json.h"
#include "store/view.h"

// GET /sync. Pure.
namespace fairlead::chat {

// Whose presence /sync tells, at most.
inline constexpr std::size_t kSyncPresenceMax = 1000;

inline constexpr std::size_t kSyncRoomsMax = 500;

// A part of one's rooms, by id.
struct SyncPage {
  RoomId after;  // the rooms behind it; 0: from the first one on
  std::size_t rooms_max = kSyncRoomsMax;
};

// One consistent snapshot: streaming from its cursor has no gap and no overlap. Of several pages
// that is the first one's; the others are newer, each in itself consistent.
struct Snapshot {
  protocol::Json json;  // all but `presence`
  std::vector<UserId>
      people;  // on the first page: those that the user shares a room with, and the user
};
// Errors: unauthorized (the account is gone).
Result<Snapshot> take_snapshot(store::View& view, std::string_view epoch, UserId user,
                               const SyncPage& page);

// {status, last_seen_at, transports}; `last_seen_at` is null for who was never seen.
protocol::Json to_json(const presence::State& state);
// {ID: {…}, …}
protocol::Json to_json(const std::map<UserId, presence::State>& states);

}  // namespace fairlead::chat
