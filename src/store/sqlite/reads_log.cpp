#include <algorithm>
#include <map>

#include "store/sqlite/reads.h"
#include "store/sqlite/rows.h"

namespace fairlead::store::sqlite {

LogPosition Reads::head() {
  // Positions are never used twice, not even when everything has been pruned.
  const LogPosition newest(db_.number("SELECT max(id) FROM events", 0));
  return newest ? newest : floor();
}

LogPosition Reads::floor() {
  return LogPosition(db_.number("SELECT floor FROM log_state", 0));
}

std::vector<EventPtr> Reads::events(LogPosition after, LogPosition to, std::size_t max) {
  std::vector<EventPtr> events;
  auto rows = db_.query("SELECT" FAIRLEAD_EVENT_COLUMNS
                        "FROM events WHERE id > ? AND id <= ? ORDER BY id LIMIT ?",
                        after, to, max);
  while (rows.next()) events.push_back(event_of(rows, epoch_));
  return events;
}

std::vector<Membership> Reads::memberships(UserId user) {
  std::map<RoomId, Membership> by_room;
  {
    auto rows = db_.query("SELECT room, since FROM members WHERE user = ?", user);
    while (rows.next()) {
      const auto room = rows.id<RoomId>(0);
      by_room[room] = {room, rows.id<LogPosition>(1), {}};
    }
  }
  auto rows =
      db_.query("SELECT room, since, until FROM past_members WHERE user = ? ORDER BY until", user);
  while (rows.next()) {
    auto& membership = by_room[rows.id<RoomId>(0)];
    membership.room = rows.id<RoomId>(0);
    membership.earlier.push_back({rows.id<LogPosition>(1), rows.id<LogPosition>(2)});
  }
  std::vector<Membership> memberships;
  memberships.reserve(by_room.size());
  for (auto& [room, membership] : by_room) memberships.push_back(std::move(membership));
  return memberships;
}

}  // namespace fairlead::store::sqlite
