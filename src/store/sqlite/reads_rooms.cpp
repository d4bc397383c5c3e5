#include <algorithm>
#include <unordered_set>

#include "store/sqlite/reads.h"
#include "store/sqlite/rows.h"

namespace fairlead::store::sqlite {

std::optional<Room> Reads::room(RoomId id) {
  auto rows = db_.query("SELECT" FAIRLEAD_ROOM_COLUMNS "FROM rooms r WHERE id = ?", id);
  if (!rows.next()) return std::nullopt;
  return room_of(rows);
}

std::optional<Role> Reads::role(RoomId room, UserId user) {
  const auto role =
      db_.number("SELECT role FROM members WHERE room = ? AND user = ?", -1, room, user);
  if (role < 0) return std::nullopt;
  return static_cast<Role>(role);
}

std::int64_t Reads::muted_until_ms(RoomId room, UserId user) {
  return db_.number("SELECT until_ms FROM mutes WHERE room = ? AND user = ?", 0, room, user);
}

// A room (r) as a member (p) sees it: how long they are muted (t), and in a direct room the other
// one (u).
#define FAIRLEAD_SEEN_COLUMNS FAIRLEAD_ROOM_COLUMNS ", p.role, t.until_ms," FAIRLEAD_USER_COLUMNS
#define FAIRLEAD_SEEN_JOINS                                                                      \
  "LEFT JOIN mutes t ON t.room = r.id AND t.user = p.user LEFT JOIN direct_rooms x ON x.room = " \
  "r.id LEFT JOIN users u ON u.id = iif(x.low = p.user, x.high, x.low) "

namespace {

SeenRoom seen_room_of(const Rows& rows) {
  SeenRoom seen{room_of(rows), {}, rows.integer(10), {}};
  if (!rows.null(9)) seen.role = rows.as<Role>(9);
  if (!rows.null(11)) seen.peer = user_of(rows, 11);
  return seen;
}

}  // namespace

std::optional<SeenRoom> Reads::seen_room(RoomId id, UserId by) {
  auto rows = db_.query(
      "SELECT" FAIRLEAD_SEEN_COLUMNS
      "FROM rooms r LEFT JOIN members p ON p.room = r.id AND p.user = ?2 " FAIRLEAD_SEEN_JOINS
      "WHERE r.id = ?1",
      id, by);
  if (!rows.next()) return std::nullopt;
  return seen_room_of(rows);
}

#define FAIRLEAD_SELECT_SUMMARIES                                                           \
  "SELECT" FAIRLEAD_SEEN_COLUMNS                                                            \
  ", p.since, p.joined_seq, d.message, d.seq FROM members p JOIN rooms r ON r.id = p.room " \
  "LEFT JOIN reads d ON d.room = p.room AND d.user = p.user " FAIRLEAD_SEEN_JOINS

std::vector<RoomSummary> Reads::rooms_of(UserId user) {
  return summaries(
      db_.query(FAIRLEAD_SELECT_SUMMARIES "WHERE p.user = ? ORDER BY r.name COLLATE NOCASE, r.id",
                user),
      user);
}

std::vector<RoomSummary> Reads::rooms_of(UserId user, RoomId after, std::size_t limit) {
  return summaries(
      db_.query(FAIRLEAD_SELECT_SUMMARIES "WHERE p.user = ? AND p.room > ? ORDER BY p.room LIMIT ?",
                user, after, limit),
      user);
}

// Unread messages are counted without reading them: seq has no gaps, so their number is known; what
// the user wrote and what was deleted is subtracted.
std::vector<RoomSummary> Reads::summaries(Rows rows, UserId user) {
  std::vector<RoomSummary> summaries;
  while (rows.next()) {
    RoomSummary summary;
    summary.seen = seen_room_of(rows);
    summary.last_read_message_id = rows.id<MessageId>(17);
    const auto room = summary.seen.room.id;
    const auto last_seq = summary.seen.room.last_seq;
    const auto seen =
        std::max(rows.integer(15), rows.integer(17));  // a message's id is a log position
    const auto seen_seq = std::max(rows.integer(16), rows.integer(18));
    if (last_seq > seen_seq) {
      const auto own =
          db_.number("SELECT count(*) FROM messages WHERE room = ? AND author = ? AND id > ?", 0,
                     room, user, seen);
      const auto deleted = db_.number(
          "SELECT count(*) FROM messages WHERE room = ? AND id > ? AND author <> ? AND "
          "deleted_at_ms <> 0",
          0, room, seen, user);
      summary.unread_count = std::max<std::int64_t>(0, last_seq - seen_seq - own - deleted);
      summary.mention_count =
          db_.number("SELECT count(*) FROM mentions WHERE user = ? AND room = ? AND message > ?", 0,
                     user, room, seen);
    }
    summary.last_message = last_message(room, user);
    summaries.push_back(std::move(summary));
  }
  return summaries;
}

std::vector<Room> Reads::public_rooms(std::size_t limit) {
  std::vector<Room> rooms;
  auto rows = db_.query("SELECT" FAIRLEAD_ROOM_COLUMNS
                        "FROM rooms r WHERE visibility = 0 AND kind = 0 "
                        "ORDER BY name COLLATE NOCASE, id LIMIT ?",
                        limit);
  while (rows.next()) rooms.push_back(room_of(rows));
  return rooms;
}

#define FAIRLEAD_MEMBERS                                                  \
  "SELECT" FAIRLEAD_USER_COLUMNS ", p.role, p.joined_at_ms, t.until_ms " \
  "FROM members p JOIN users u ON u.id = p.user "                        \
  "LEFT JOIN mutes t ON t.room = p.room AND t.user = p.user "

static Member member_of(const Rows& rows) {
  return {user_of(rows), rows.as<Role>(4), rows.integer(5), rows.integer(6)};
}

std::vector<Member> Reads::members(RoomId room, std::size_t limit) {
  std::vector<Member> members;
  auto rows = db_.query(FAIRLEAD_MEMBERS "WHERE p.room = ? ORDER BY u.name LIMIT ?", room, limit);
  while (rows.next()) members.push_back(member_of(rows));
  return members;
}

std::optional<Member> Reads::member(RoomId room, UserId user) {
  auto rows = db_.query(FAIRLEAD_MEMBERS "WHERE p.room = ? AND p.user = ?", room, user);
  if (!rows.next()) return std::nullopt;
  return member_of(rows);
}

std::optional<Member> Reads::heir(RoomId room, UserId user) {
  auto rows = db_.query(FAIRLEAD_MEMBERS
                        "WHERE p.room = ?1 AND p.user = (SELECT user FROM members "
                        "WHERE room = ?1 AND user != ?2 ORDER BY role DESC, since LIMIT 1)",
                        room, user);
  if (!rows.next()) return std::nullopt;
  return member_of(rows);
}

std::vector<UserId> Reads::member_ids(RoomId room, std::size_t limit) {
  std::vector<UserId> users;
  auto rows = db_.query("SELECT user FROM members WHERE room = ? LIMIT ?", room, limit);
  while (rows.next()) users.push_back(rows.id<UserId>(0));
  return users;
}

std::optional<Room> Reads::direct_room(UserId a, UserId b) {
  const auto [low, high] = std::minmax(a, b);
  auto rows =
      db_.query("SELECT" FAIRLEAD_ROOM_COLUMNS
                "FROM direct_rooms d JOIN rooms r ON r.id = d.room WHERE d.low = ? AND d.high = ?",
                low, high);
  if (!rows.next()) return std::nullopt;
  return room_of(rows);
}

std::vector<UserId> Reads::acquaintances(UserId user, std::size_t limit) {
  std::vector<UserId> others;
  std::unordered_set<UserId> seen{user};
  auto rows = db_.query(
      "SELECT p.user FROM members m JOIN members p ON p.room = m.room WHERE m.user = ?", user);
  while (others.size() < limit && rows.next()) {
    if (const auto other = rows.id<UserId>(0); seen.insert(other).second) others.push_back(other);
  }
  return others;
}

}  // namespace fairlead::store::sqlite
