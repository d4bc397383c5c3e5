#include <algorithm>
#include <cassert>
#include <stdexcept>

#include "protocol/cursor.h"
#include "protocol/event.h"
#include "store/sqlite/sqlite_transaction.h"

namespace fairlead::store::sqlite {

SqliteTransaction::SqliteTransaction(Connection& connection, const std::string& epoch)
    : Viewing(connection, epoch), db_(connection), epoch_(epoch), head_(Viewing::head()) {}

void SqliteTransaction::about_to_write() {
  if (!db_.in_transaction()) throw StoreFailure("sqlite: the transaction was rolled back");
  if (in_command_ && !savepoint_) {
    db_.run("SAVEPOINT command");
    savepoint_ = true;
  }
}

EventPtr SqliteTransaction::append(const EventDraft& draft) {
  const bool is_for_somebody = draft.room || draft.only_for;
  if (is_for_somebody == (draft.kind == EventKind::kControl)) {
    throw std::logic_error("an event that nobody may see, or a node's that somebody may");
  }
  auto event = std::make_shared<Event>();
  event->position = next_position();
  event->room = draft.room;
  event->only_for = draft.only_for;
  event->kind = draft.kind;
  event->subject = draft.subject;
  event->time_ms = draft.time_ms;
  event->cursor = protocol::encode_cursor(epoch_, event->position);
  event->json = protocol::event_json_of_text(draft.type, event->cursor, draft.room, draft.time_ms,
                                             draft.data);
  const auto stream = draft.only_for ? -draft.only_for.value() : draft.room.value();
  write(
      "INSERT INTO events (id, stream, room, kind, subject, time_ms, body) VALUES (?, ?, ?, ?, ?, "
      "?, ?)",
      event->position, stream, event->room, event->kind, event->subject, event->time_ms,
      Blob{event->json});
  head_ = event->position;
  appended_.push_back(event);
  return event;
}

void SqliteTransaction::begin_command() {
  assert(!in_command_);
  if (!db_.in_transaction()) throw StoreFailure("sqlite: the transaction was rolled back");
  in_command_ = true;
  savepoint_ = false;
  command_head_ = head_;
  command_appended_ = appended_.size();
}

void SqliteTransaction::keep_command() {
  assert(in_command_);
  if (savepoint_) db_.run("RELEASE command");
  in_command_ = false;
}

void SqliteTransaction::undo_command() {
  assert(in_command_);
  // A full disk takes back the whole transaction, not this command alone.
  if (!db_.in_transaction()) throw StoreFailure("sqlite: the transaction was rolled back");
  if (savepoint_) {
    db_.run("ROLLBACK TO command");
    db_.run("RELEASE command");
  }
  in_command_ = false;
  head_ = command_head_;
  appended_.resize(command_appended_);
}

std::size_t SqliteTransaction::prune(std::int64_t before_ms, std::size_t max) {
  // The oldest run of events that are old enough: the floor is a position, so nothing is skipped
  // even if the clock once went back.
  std::size_t count = 0;
  std::int64_t last = 0;
  {
    auto rows = db_.query("SELECT id, time_ms FROM events ORDER BY id LIMIT ?", max);
    while (rows.next() && rows.integer(1) < before_ms) {
      last = rows.integer(0);
      ++count;
    }
  }
  if (count > 0) {
    write("DELETE FROM events WHERE id <= ?", last);
    write("UPDATE log_state SET floor = ?", last);
  }
  // What no reader of the log can need any more.
  write(
      "DELETE FROM past_members WHERE (user, until, room) IN (SELECT user, until, room FROM "
      "past_members "
      "WHERE until <= (SELECT floor FROM log_state) LIMIT ?)",
      max);
  write(
      "DELETE FROM revoked_tokens WHERE id IN "
      "(SELECT id FROM revoked_tokens WHERE expires_at_ms < ? LIMIT ?)",
      before_ms, max);
  return std::max(count, purge_doomed(max));
}

}  // namespace fairlead::store::sqlite
