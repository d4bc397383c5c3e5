#include "store/sqlite/sqlite_search_index.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <span>

#include "core/unique_fd.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/scope.h"

namespace fairlead::store {
namespace sqlite {
namespace {

constexpr std::chrono::milliseconds kBusyTimeout{2000};
constexpr int kCacheKib = 2 * 1024;
constexpr std::int64_t kVersion = 1;
constexpr std::size_t kWalkMax = 1000;     // at least as much as anybody asks for
constexpr std::size_t kRoomsAtOnce = 100;  // in one expression: FTS5's are not to be too deep

// `room` is a word to look for, too, so that what others say in other rooms is never walked
// through.
constexpr const char* kSchema = R"sql(
CREATE TABLE IF NOT EXISTS state (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  version  INTEGER NOT NULL,
  epoch    TEXT NOT NULL,
  position INTEGER NOT NULL,
  began_at INTEGER NOT NULL);
CREATE VIRTUAL TABLE IF NOT EXISTS said USING fts5(
  room, text, tokenize = "unicode61 remove_diacritics 2", prefix = '2 3');
)sql";

std::string room_word(RoomId room) {
  return 'r' + std::to_string(room.value());
}

// A string of FTS5's query syntax: taken apart by the tokenizer, never read as syntax.
std::string quoted(std::string_view words) {
  std::string out = "\"";
  for (const char c : words) {
    if (c == '\0') continue;
    out += c;
    if (c == '"') out += c;
  }
  return out + '"';
}

// In FTS5's query syntax; without `rooms` in all of them.
std::string expression(const std::vector<SearchIndex::Term>& terms, std::span<const RoomId> rooms) {
  std::string out;
  for (const auto room : rooms)
    out.append(out.empty() ? "room : (" : " OR ").append(room_word(room));
  out += out.empty() ? "text : (" : ") AND text : (";
  for (const auto& term : terms) {
    if (out.back() != '(') out += " AND ";
    out += quoted(term.words);
    if (term.is_prefix) out += " *";
  }
  return out + ')';
}

std::string json_of(std::span<const RoomId> rooms) {
  std::string out;
  for (const auto room : rooms) out.append(out.empty() ? "[\"" : "\",\"").append(room_word(room));
  return out + "\"]";
}

// The marks are ours alone, and highlight() ends at a NUL. As long as before.
std::string indexable(std::string text) {
  for (char& c : text) {
    if (c == '\0' || c == SearchIndex::kMarkBegin || c == SearchIndex::kMarkEnd) c = ' ';
  }
  return text;
}

class SqliteSearchIndex final : public SearchIndex {
 public:
  SqliteSearchIndex(const std::string& path, const std::string& epoch, LogPosition head)
      : db_(path, Connection::Mode::kReadWrite, kBusyTimeout), epoch_(epoch) {
    db_.execute("PRAGMA journal_mode = WAL");
    db_.execute("PRAGMA synchronous = NORMAL");  // a power cut loses the last steps: taken again
    db_.execute("PRAGMA trusted_schema = OFF");
    db_.execute("PRAGMA cache_size = -" + std::to_string(kCacheKib));
    Scope scope(db_, "BEGIN IMMEDIATE");
    db_.execute(kSchema);
    const auto ours = db_.number("SELECT count(*) FROM state WHERE version = ? AND epoch = ?", 0,
                                 kVersion, epoch_);
    if (ours == 0) clear(head);
    scope.commit();
  }

  State state() override {
    auto rows = db_.query("SELECT position, began_at FROM state");
    if (!rows.next()) throw StoreFailure("search index: it has no state");
    return {rows.id<LogPosition>(0), rows.id<LogPosition>(1)};
  }

  bool apply(const Step& step) override {
    Scope scope(db_, "BEGIN IMMEDIATE");
    if (state().position != step.from) return false;
    for (const auto room : step.rooms_gone) {
      db_.run("DELETE FROM said WHERE rowid IN (SELECT rowid FROM said WHERE said MATCH ?)",
              "room : " + room_word(room));
    }
    for (const auto id : step.unsaid) db_.run("DELETE FROM said WHERE rowid = ?", id);
    for (const auto& said : step.said) {
      db_.run("DELETE FROM said WHERE rowid = ?", said.id);
      db_.run("INSERT INTO said (rowid, room, text) VALUES (?, ?, ?)", said.id,
              room_word(said.room), indexable(said.text));
    }
    db_.run("UPDATE state SET position = ?", step.to);
    scope.commit();
    return true;
  }

  void begin_anew(LogPosition head) override {
    Scope scope(db_, "BEGIN IMMEDIATE");
    clear(head);
    scope.commit();
  }

  // First among what anybody has said: words that few use, or many in these rooms, are found there
  // without looking through the rooms. If that goes on for too long, by the rooms' own words.
  std::vector<Hit> find(const std::vector<Term>& terms, const std::vector<RoomId>& rooms,
                        std::size_t limit) override {
    if (rooms.empty()) return {};
    Scope scope(db_, "BEGIN");
    std::vector<Hit> hits;
    if (walk(terms, {}, rooms, limit, hits)) return hits;
    hits.clear();
    for (std::size_t i = 0; i < rooms.size(); i += kRoomsAtOnce) {
      const auto some = std::span(rooms).subspan(i, std::min(kRoomsAtOnce, rooms.size() - i));
      walk(terms, some, some, limit, hits);
    }
    std::ranges::sort(hits, std::greater(), &Hit::id);
    if (hits.size() > limit) hits.resize(limit);
    return hits;
  }

 private:
  // Adds the newest `limit` in `rooms`, of all that match, or of those in `among`. False: there may
  // be more, behind too many of other rooms.
  bool walk(const std::vector<Term>& terms, std::span<const RoomId> among,
            std::span<const RoomId> rooms, std::size_t limit, std::vector<Hit>& hits) {
    auto rows = db_.query(
        "SELECT rowid, substr(room, 2), iif(room IN (SELECT value FROM json_each(?)), "
        "highlight(said, 1, ?, ?), NULL) FROM said WHERE said MATCH ? ORDER BY rowid DESC LIMIT ?",
        json_of(rooms), std::string(1, kMarkBegin), std::string(1, kMarkEnd),
        expression(terms, among), kWalkMax);
    std::size_t walked = 0, found = 0;
    while (found < limit && rows.next()) {
      ++walked;
      if (rows.null(2)) continue;
      ++found;
      hits.push_back({rows.id<MessageId>(0), rows.id<RoomId>(1), rows.text(2)});
    }
    return found == limit || walked < kWalkMax;
  }

  void clear(LogPosition head) {
    db_.run("DELETE FROM said");
    db_.run("DELETE FROM state");
    db_.run("INSERT INTO state VALUES (1, ?, ?, 0, ?)", kVersion, epoch_, head);
  }

  Connection db_;
  const std::string epoch_;
};

}  // namespace
}  // namespace sqlite

std::unique_ptr<SearchIndex> open_sqlite_search_index(const std::string& path,
                                                      const std::string& epoch, LogPosition head) {
  const auto open = [&] {
    UniqueFd created(::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600));
    created.reset();
    return std::make_unique<sqlite::SqliteSearchIndex>(path, epoch, head);
  };
  try {
    return open();
  } catch (const StoreDamaged&) {  // nothing is lost with it
    for (const auto* end : {"", "-wal", "-shm"}) ::unlink((path + end).c_str());
    return open();
  }
}

}  // namespace fairlead::store
