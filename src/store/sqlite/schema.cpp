#include "store/sqlite/schema.h"

#include <array>

#include "core/random.h"
#include "protocol/cursor.h"
#include "protocol/ids.h"
#include "store/view.h"

namespace fairlead::store::sqlite {
namespace {

constexpr int kApplicationId = 0x464c4431;  // "FLD1": tells our files from others

// Times are milliseconds since 1970. Foreign keys are not declared: rows go in bounded chunks
// (prune), which a cascade would undo, and the checks would cost the hot path two look-ups per
// message.
constexpr const char* kFirst = R"sql(
-- The log. stream: the room's id, or minus the id of the one user it is for. The body comes last, so that
-- reading the other columns of a large event does not touch its overflow pages.
CREATE TABLE events (
  id      INTEGER PRIMARY KEY,
  stream  INTEGER NOT NULL,
  room    INTEGER NOT NULL,
  kind    INTEGER NOT NULL,
  subject INTEGER NOT NULL,
  time_ms INTEGER NOT NULL,
  body    BLOB NOT NULL);
CREATE INDEX events_by_stream ON events (stream, id);
CREATE TABLE log_state (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  floor    INTEGER NOT NULL);
INSERT INTO log_state VALUES (1, 0);
CREATE TABLE settings (
  key   TEXT PRIMARY KEY,
  value BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE users (
  id            INTEGER PRIMARY KEY,
  name          TEXT NOT NULL UNIQUE,
  display_name  TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL);
CREATE INDEX users_by_display_name ON users (display_name COLLATE NOCASE);
CREATE TABLE revoked_tokens (
  id            TEXT PRIMARY KEY,
  expires_at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX revoked_tokens_by_expiry ON revoked_tokens (expires_at_ms);
CREATE TABLE redeemed_tickets (
  id            TEXT PRIMARY KEY,
  expires_at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX redeemed_tickets_by_expiry ON redeemed_tickets (expires_at_ms);

CREATE TABLE rooms (
  id            INTEGER PRIMARY KEY,
  name          TEXT NOT NULL,
  topic         TEXT NOT NULL,
  visibility    INTEGER NOT NULL,
  kind          INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  last_seq      INTEGER NOT NULL,
  members_count INTEGER NOT NULL);
CREATE INDEX public_rooms ON rooms (name COLLATE NOCASE) WHERE visibility = 0 AND kind = 0;
CREATE TABLE direct_rooms (
  low  INTEGER NOT NULL,
  high INTEGER NOT NULL,
  room INTEGER NOT NULL UNIQUE,
  PRIMARY KEY (low, high)) WITHOUT ROWID;
-- Rooms that were deleted and whose messages have not all gone yet.
CREATE TABLE doomed_rooms (room INTEGER PRIMARY KEY);

-- Who is in a room now. joined_seq: the room's last_seq at the join, from which unread messages count.
CREATE TABLE members (
  room         INTEGER NOT NULL,
  user         INTEGER NOT NULL,
  role         INTEGER NOT NULL,
  since        INTEGER NOT NULL,
  joined_seq   INTEGER NOT NULL,
  joined_at_ms INTEGER NOT NULL,
  PRIMARY KEY (room, user)) WITHOUT ROWID;
CREATE INDEX members_by_user ON members (user, room, since);
-- Who was in a room before: log positions, both included. Kept as long as the log reaches back to them.
CREATE TABLE past_members (
  user  INTEGER NOT NULL,
  until INTEGER NOT NULL,
  room  INTEGER NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (user, until, room)) WITHOUT ROWID;
CREATE INDEX past_members_by_end ON past_members (until);

-- id: the log position of the message.created. mentions: user ids in decimal, separated by blanks.
CREATE TABLE messages (
  id            INTEGER PRIMARY KEY,
  room          INTEGER NOT NULL,
  seq           INTEGER NOT NULL,
  author        INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  edited_at_ms  INTEGER NOT NULL,
  deleted_at_ms INTEGER NOT NULL,
  reply_to      INTEGER NOT NULL,
  nonce         TEXT NOT NULL,
  fingerprint   BLOB NOT NULL,
  mentions      TEXT NOT NULL,
  metadata      TEXT NOT NULL,
  text          TEXT NOT NULL);
CREATE INDEX messages_by_room ON messages (room, id);
CREATE INDEX messages_by_author ON messages (room, author, id);
CREATE INDEX messages_deleted ON messages (room, id, author) WHERE deleted_at_ms <> 0;
CREATE UNIQUE INDEX messages_by_nonce ON messages (author, nonce) WHERE nonce <> '';
CREATE TABLE mentions (
  user    INTEGER NOT NULL,
  room    INTEGER NOT NULL,
  message INTEGER NOT NULL,
  PRIMARY KEY (user, room, message)) WITHOUT ROWID;
CREATE INDEX mentions_by_message ON mentions (message);
-- added: a log position; reactions show in the order in which their emoji came first.
CREATE TABLE reactions (
  message INTEGER NOT NULL,
  emoji   TEXT NOT NULL,
  user    INTEGER NOT NULL,
  added   INTEGER NOT NULL,
  PRIMARY KEY (message, emoji, user)) WITHOUT ROWID;
CREATE TABLE reads (
  room    INTEGER NOT NULL,
  user    INTEGER NOT NULL,
  message INTEGER NOT NULL,
  seq     INTEGER NOT NULL,
  PRIMARY KEY (room, user)) WITHOUT ROWID;
)sql";

void first_schema(Connection& connection) {
  connection.execute(kFirst);
  // 40 random bits: cursors of another store are told apart, not kept secret.
  const auto random = static_cast<std::int64_t>(random_u64() & 0xff'ffff'ffffULL);
  const auto digits = protocol::base32(random);
  connection.run("INSERT INTO settings (key, value) VALUES ('epoch', ?)",
                 Blob{std::string_view(digits).substr(digits.size() - protocol::kEpochChars)});
}

// Who the users of external issuers are here. Kept for good: a subject is one user for ever.
void external_accounts(Connection& connection) {
  connection.execute(R"sql(
CREATE TABLE external_accounts (
  issuer  TEXT NOT NULL,
  subject TEXT NOT NULL,
  user    INTEGER NOT NULL UNIQUE,
  PRIMARY KEY (issuer, subject)) WITHOUT ROWID;
)sql");
}

void moderation(Connection& connection) {
  connection.execute(R"sql(
ALTER TABLE rooms ADD COLUMN slow_mode_s INTEGER NOT NULL DEFAULT 0;
CREATE TABLE mutes (
  room     INTEGER NOT NULL,
  user     INTEGER NOT NULL,
  until_ms INTEGER NOT NULL,
  PRIMARY KEY (room, user)) WITHOUT ROWID;
CREATE INDEX mutes_by_end ON mutes (until_ms);
)sql");
}

constexpr std::array kLadder{Migration(first_schema), Migration(external_accounts),
                             Migration(moderation)};

}  // namespace

std::span<const Migration> schema_ladder() {
  return kLadder;
}

void migrate(Connection& connection, std::span<const Migration> ladder) {
  const auto version_of = [&] { return std::stoul(connection.text_of("PRAGMA user_version")); };
  if (version_of() == ladder.size() &&
      connection.text_of("PRAGMA application_id") == std::to_string(kApplicationId)) {
    return;  // the usual start takes no lock
  }
  connection.execute("BEGIN EXCLUSIVE");
  try {
    const auto application = std::stol(connection.text_of("PRAGMA application_id"));
    const bool fresh = connection.text_of("SELECT count(*) FROM sqlite_schema") == "0";
    if (application != kApplicationId && !fresh) {
      throw StoreFailure("the file is a database of another program");
    }
    const auto version = version_of();
    if (version > ladder.size()) {
      throw StoreFailure("the file was written by a later version (schema " +
                         std::to_string(version) + ", known up to " +
                         std::to_string(ladder.size()) + ")");
    }
    for (auto rung = version; rung < ladder.size(); ++rung) ladder[rung](connection);
    connection.execute("PRAGMA application_id = " + std::to_string(kApplicationId));
    connection.execute("PRAGMA user_version = " + std::to_string(ladder.size()));
    connection.execute("COMMIT");
  } catch (...) {
    if (connection.in_transaction()) connection.execute("ROLLBACK");
    throw;
  }
}

}  // namespace fairlead::store::sqlite
