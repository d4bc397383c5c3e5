#include <algorithm>
#include <stdexcept>

#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_transaction.h"

namespace fairlead::store::sqlite {

void SqliteTransaction::insert_message(Message& message, std::string_view fingerprint) {
  message.seq = write_returning(
      "UPDATE rooms SET last_seq = last_seq + 1 WHERE id = ? RETURNING last_seq", message.room);
  if (message.seq == 0) throw std::logic_error("a message for a room that does not exist");
  const auto insert = [&] {
    write(
        "INSERT INTO messages (id, room, seq, author, created_at_ms, edited_at_ms, deleted_at_ms, "
        "reply_to, "
        "nonce, fingerprint, mentions, metadata, text) VALUES (?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?, ?, "
        "?)",
        message.id, message.room, message.seq, message.author.id, message.created_at_ms,
        message.reply_to, message.nonce, Blob{fingerprint}, mentions_text(message.mentions),
        message.metadata, message.text);
  };
  try {
    insert();
  } catch (const std::logic_error&) {
    // The nonce may be that of a message whose room was deleted: then it is free.
    if (message.nonce.empty() ||
        write("UPDATE messages SET nonce = '' WHERE author = ? AND nonce = ? AND nonce <> '' "
              "AND room IN (SELECT room FROM doomed_rooms)",
              message.author.id, message.nonce) == 0) {
      throw;
    }
    insert();
  }
  insert_mentions(message);
}

void SqliteTransaction::insert_mentions(const Message& message) {
  for (const auto user : message.mentions) {
    if (user == message.author.id) continue;  // nobody is told of their own words
    write("INSERT OR IGNORE INTO mentions (user, room, message) VALUES (?, ?, ?)", user,
          message.room, message.id);
  }
}

void SqliteTransaction::update_message(const Message& message) {
  // A tombstone keeps nothing of what was said.
  const bool deleted = message.deleted_at_ms != 0;
  write(
      "UPDATE messages SET text = ?1, mentions = ?2, edited_at_ms = ?3, deleted_at_ms = ?4, "
      "metadata = iif(?4, '', metadata) WHERE id = ?5",
      deleted ? std::string_view() : std::string_view(message.text),
      deleted ? std::string() : mentions_text(message.mentions), message.edited_at_ms,
      message.deleted_at_ms, message.id);
  write("DELETE FROM mentions WHERE message = ?", message.id);
  if (!deleted) insert_mentions(message);
}

bool SqliteTransaction::add_reaction(MessageId message, UserId user, std::string_view emoji) {
  return write("INSERT OR IGNORE INTO reactions (message, emoji, user, added) VALUES (?, ?, ?, ?)",
               message, emoji, user, next_position()) > 0;
}

bool SqliteTransaction::remove_reaction(MessageId message, UserId user, std::string_view emoji) {
  return write("DELETE FROM reactions WHERE message = ? AND emoji = ? AND user = ?", message, emoji,
               user) > 0;
}

bool SqliteTransaction::set_read(RoomId room, UserId user, MessageId message, std::int64_t seq) {
  return write(
             "INSERT INTO reads (room, user, message, seq) VALUES (?, ?, ?, ?) ON CONFLICT (room, "
             "user) "
             "DO UPDATE SET message = excluded.message, seq = excluded.seq WHERE excluded.seq > "
             "reads.seq",
             room, user, message, seq) > 0;
}

std::size_t SqliteTransaction::purge_doomed(std::size_t max) {
  std::size_t purged = 0;
  while (purged < max) {
    const auto room = db_.number("SELECT room FROM doomed_rooms LIMIT 1", 0);
    if (room == 0) break;
    const auto left = max - purged;
    std::vector<std::int64_t> messages;
    {
      auto rows =
          db_.query("SELECT id FROM messages WHERE room = ? ORDER BY id LIMIT ?", room, left);
      while (rows.next()) messages.push_back(rows.integer(0));
    }
    for (const auto message : messages) {
      write("DELETE FROM reactions WHERE message = ?", message);
      write("DELETE FROM mentions WHERE message = ?", message);
      write("DELETE FROM messages WHERE id = ?", message);
    }
    purged += messages.size();
    if (messages.size() < left) write("DELETE FROM doomed_rooms WHERE room = ?", room);
  }
  return purged;
}

}  // namespace fairlead::store::sqlite
