#include <algorithm>

#include "store/sqlite/sqlite_transaction.h"

namespace fairlead::store::sqlite {
namespace {

constexpr std::size_t kExpiredMax = 100;  // expired tickets or mutes forgotten per new one
constexpr std::size_t kDoomedAtOnceMax =
    500;  // messages that go with their room at once; the rest by prune()

}  // namespace

void SqliteTransaction::insert_user(const User& user, std::string_view password_hash) {
  write(
      "INSERT INTO users (id, name, display_name, password_hash, created_at_ms) VALUES (?, ?, ?, "
      "?, ?)",
      user.id, user.name, user.display_name, password_hash, user.created_at_ms);
}

void SqliteTransaction::update_user(const User& user) {
  write("UPDATE users SET display_name = ? WHERE id = ?", user.display_name, user.id);
}

void SqliteTransaction::insert_external_account(std::string_view issuer, std::string_view subject,
                                                UserId user) {
  write("INSERT INTO external_accounts (issuer, subject, user) VALUES (?, ?, ?)", issuer, subject,
        user);
}

void SqliteTransaction::revoke_token(std::string_view token_id, std::int64_t expires_at_ms) {
  write("INSERT OR IGNORE INTO revoked_tokens (id, expires_at_ms) VALUES (?, ?)", token_id,
        expires_at_ms);
}

bool SqliteTransaction::redeem_ticket(std::string_view ticket_id, std::int64_t expires_at_ms,
                                      std::int64_t now_ms) {
  write(
      "DELETE FROM redeemed_tickets WHERE id IN "
      "(SELECT id FROM redeemed_tickets WHERE expires_at_ms < ? LIMIT ?)",
      now_ms, kExpiredMax);
  return write("INSERT OR IGNORE INTO redeemed_tickets (id, expires_at_ms) VALUES (?, ?)",
               ticket_id, expires_at_ms) > 0;
}

void SqliteTransaction::put_setting(std::string_view key, std::string_view value) {
  write(
      "INSERT INTO settings (key, value) VALUES (?, ?) "
      "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      key, Blob{value.data() ? value : std::string_view("")});
}

void SqliteTransaction::insert_room(const Room& room) {
  write(
      "INSERT INTO rooms (id, name, topic, visibility, kind, created_at_ms, last_seq, "
      "members_count, slow_mode_s) "
      "VALUES (?, ?, ?, ?, ?, ?, 0, 0, ?)",
      room.id, room.name, room.topic, room.visibility, room.kind, room.created_at_ms,
      room.slow_mode_s);
}

void SqliteTransaction::update_room(const Room& room) {
  write("UPDATE rooms SET name = ?, topic = ?, visibility = ?, slow_mode_s = ? WHERE id = ?",
        room.name, room.topic, room.visibility, room.slow_mode_s, room.id);
}

void SqliteTransaction::delete_room(RoomId room) {
  if (write("DELETE FROM rooms WHERE id = ?", room) == 0) return;
  write(
      "INSERT INTO past_members (user, until, room, since) SELECT user, ?, room, since FROM "
      "members WHERE room = ?",
      next_position(), room);
  write("DELETE FROM members WHERE room = ?", room);
  write("DELETE FROM reads WHERE room = ?", room);
  write("DELETE FROM direct_rooms WHERE room = ?", room);
  write("DELETE FROM mutes WHERE room = ?", room);
  // A large room would hold up the log for seconds, so its messages go bit by bit. Until then
  // nothing leads to them any more.
  write("INSERT INTO doomed_rooms (room) VALUES (?)", room);
  purge_doomed(kDoomedAtOnceMax);
}

void SqliteTransaction::insert_member(RoomId room, UserId user, Role role, LogPosition since,
                                      std::int64_t joined_at_ms) {
  write(
      "INSERT INTO members (room, user, role, since, joined_seq, joined_at_ms) "
      "VALUES (?1, ?2, ?3, ?4, ifnull((SELECT last_seq FROM rooms WHERE id = ?1), 0), ?5)",
      room, user, role, since, joined_at_ms);
  write("UPDATE rooms SET members_count = members_count + 1 WHERE id = ?", room);
}

void SqliteTransaction::update_member(RoomId room, UserId user, Role role) {
  write("UPDATE members SET role = ? WHERE room = ? AND user = ?", role, room, user);
}

void SqliteTransaction::remove_member(RoomId room, UserId user, LogPosition until) {
  const auto ended = write(
      "INSERT INTO past_members (user, until, room, since) "
      "SELECT user, ?, room, since FROM members WHERE room = ? AND user = ?",
      until, room, user);
  if (ended == 0) return;
  write("DELETE FROM members WHERE room = ? AND user = ?", room, user);
  write("UPDATE rooms SET members_count = members_count - 1 WHERE id = ?", room);
}

void SqliteTransaction::set_mute(RoomId room, UserId user, std::int64_t until_ms,
                                 std::int64_t now_ms) {
  write(
      "DELETE FROM mutes WHERE (room, user) IN "
      "(SELECT room, user FROM mutes WHERE until_ms < ? LIMIT ?)",
      now_ms, kExpiredMax);
  write("INSERT OR REPLACE INTO mutes (room, user, until_ms) VALUES (?, ?, ?)", room, user,
        until_ms);
}

void SqliteTransaction::lift_mute(RoomId room, UserId user) {
  write("DELETE FROM mutes WHERE room = ? AND user = ?", room, user);
}

void SqliteTransaction::set_direct_room(UserId a, UserId b, RoomId room) {
  const auto [low, high] = std::minmax(a, b);
  write("INSERT INTO direct_rooms (low, high, room) VALUES (?, ?, ?)", low, high, room);
}

}  // namespace fairlead::store::sqlite
