#include "store/sqlite/sqlite_search_index.h"

#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "core/unique_fd.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/scope.h"

namespace fairlead::store {
namespace sqlite {
namespace {

constexpr std::chrono::milliseconds kBusyTimeout{2000};
constexpr int kCacheKib = 2 * 1024;
constexpr std::int64_t kVersion = 2;
constexpr std::size_t kWalkMax = 1000;          // at least as much as anybody asks for
constexpr std::size_t kForgottenAtOnce = 2000;  // of a deleted room, while others wait
// A room's messages lie scattered among those that have a common word; from one to the next FTS5
// skips whole pages. A quarter of the usual size halves the time, and costs a tenth more space.
constexpr int kPageBytes = 512;
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
std::string phrase_of(std::string_view words) {
  std::string out = "\"";
  for (const char c : words) {
    if (c == '\0') continue;
    out += c;
    if (c == '"') out += c;
  }
  return out + '"';
}

// In FTS5's query syntax; without `rooms` in all of them. An AND is not written between the terms:
// then those that the tokenizer finds no word in (a dash, an emoji) are left out.
std::string expression(const std::vector<SearchIndex::Term>& terms, std::span<const RoomId> rooms) {
  std::string out;
  for (const auto room : rooms)
    out.append(out.empty() ? "room : (" : " OR ").append(room_word(room));
  out += out.empty() ? "text : (" : ") AND text : (";
  for (const auto& term : terms) {
    if (out.back() != '(') out += ' ';
    out += phrase_of(term.words);
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

// While it lives, the connection asks.
class Interruptible {
 public:
  Interruptible(Connection& db, const std::function<bool()>& enough) : db_(db) {
    db_.interrupt_when(enough);
  }
  ~Interruptible() { db_.interrupt_when(nullptr); }
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

 private:
  Connection& db_;
};

class SqliteSearchIndex final : public SearchIndex {
 public:
  SqliteSearchIndex(std::string path, std::string epoch, LogPosition head)
      : path_(std::move(path)), epoch_(std::move(epoch)) {
    try {
      open(head);
    } catch (const StoreDamaged&) {  // nothing is lost with it
      make_anew(head);
    }
  }

  State state() override {
    return healing([&] { return read_state(); });
  }

  bool apply(const Step& step) override {
    return healing([&] {
      Scope scope(db(), "BEGIN IMMEDIATE");
      if (read_state().position != step.from) return false;
      const bool is_whole = forget_rooms(step.rooms_gone);
      if (is_whole) take(step);
      scope.commit();
      return is_whole;
    });
  }

  void begin_anew(LogPosition head) override {
    healing([&] {
      Scope scope(db(), "BEGIN IMMEDIATE");
      clear(head);
      scope.commit();
    });
  }

  Hits find(const std::vector<Term>& terms, const std::vector<RoomId>& rooms, std::size_t limit,
            const std::function<bool()>& enough) override {
    if (rooms.empty()) return {};
    return healing([&] {
      Hits hits;
      Scope scope(db(), "BEGIN");
      const Interruptible asking(db(), enough);
      try {
        look(terms, rooms, limit, hits.newest_first);
      } catch (const StoreInterrupted&) {
        hits.complete = false;
      }
      std::ranges::sort(hits.newest_first, std::greater(), &Hit::id);
      if (hits.newest_first.size() > limit) hits.newest_first.resize(limit);
      return hits;
    });
  }

 private:
  // What turns out to be damaged is made anew, and filled by the steps that follow.
  template <typename Work>
  std::invoke_result_t<Work> healing(Work work) {
    try {
      return work();
    } catch (const StoreDamaged& e) {
      // It has no beginning: should the log have been pruned, the next step sees to that.
      make_anew(LogPosition());
      throw StoreFailure(std::string(e.what()) + "; it is made anew");
    }
  }

  Connection& db() {
    if (!db_) open(LogPosition());  // making it anew has failed
    return *db_;
  }

  void open(LogPosition head) {
    UniqueFd created(::open(path_.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600));
    created.reset();
    db_.emplace(path_, Connection::Mode::kReadWrite, kBusyTimeout);
    db_->execute("PRAGMA journal_mode = WAL");
    db_->execute("PRAGMA synchronous = NORMAL");  // a power cut loses the last steps: taken again
    db_->execute("PRAGMA trusted_schema = OFF");
    db_->execute("PRAGMA cache_size = -" + std::to_string(kCacheKib));
    Scope scope(*db_, "BEGIN IMMEDIATE");
    db_->execute(kSchema);
    const auto ours = db_->number("SELECT count(*) FROM state WHERE version = ? AND epoch = ?", 0,
                                  kVersion, epoch_);
    if (ours == 0) clear(head);
    scope.commit();
  }

  // In place: to another process an unlinked file would be another index.
  void make_anew(LogPosition head) {
    db_.reset();
    Connection(path_, Connection::Mode::kReadWrite, kBusyTimeout).make_empty();
    open(head);
  }

  State read_state() {
    auto rows = db().query("SELECT position, began_at FROM state");
    if (!rows.next()) throw StoreDamaged("search index: it has no state");
    return {rows.id<LogPosition>(0), rows.id<LogPosition>(1)};
  }

  // False: there is more, and others wait.
  bool forget_rooms(const std::vector<RoomId>& rooms) {
    auto left = static_cast<std::int64_t>(kForgottenAtOnce);
    for (const auto room : rooms) {
      left -= db().run(
          "DELETE FROM said WHERE rowid IN (SELECT rowid FROM said WHERE said MATCH ? LIMIT ?)",
          "room : " + room_word(room), left);
      if (left <= 0) return false;
    }
    return true;
  }

  void take(const Step& step) {
    for (const auto id : step.unsaid) db().run("DELETE FROM said WHERE rowid = ?", id);
    for (const auto& said : step.said) {
      db().run("DELETE FROM said WHERE rowid = ?", said.id);
      db().run("INSERT INTO said (rowid, room, text) VALUES (?, ?, ?)", said.id,
               room_word(said.room), indexable(said.text));
    }
    db().run("UPDATE state SET position = ?", step.to);
  }

  // First among what anybody has said: words that few use, or many in these rooms, are found there
  // without looking through the rooms. If that goes on for too long, by the rooms' own words. With
  // one room these are the shorter way in any case.
  void look(const std::vector<Term>& terms, const std::vector<RoomId>& rooms, std::size_t limit,
            std::vector<Hit>& hits) {
    if (rooms.size() > 1 && walk(terms, {}, rooms, limit, hits)) return;
    hits.clear();
    for (std::size_t i = 0; i < rooms.size(); i += kRoomsAtOnce) {
      const auto some = std::span(rooms).subspan(i, std::min(kRoomsAtOnce, rooms.size() - i));
      walk(terms, some, some, limit, hits);
    }
  }

  // Adds the newest `limit` in `rooms`, of all that match, or of those in `among`. False: there may
  // be more, behind too many of other rooms.
  bool walk(const std::vector<Term>& terms, std::span<const RoomId> among,
            std::span<const RoomId> rooms, std::size_t limit, std::vector<Hit>& hits) {
    auto rows = db().query(
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
    db().execute("DROP TABLE said");  // to delete row by row would take as long as to make it
    db().execute(kSchema);
    db().run("INSERT INTO said (said, rank) VALUES ('pgsz', ?)", kPageBytes);
    db().run("DELETE FROM state");
    db().run("INSERT INTO state VALUES (1, ?, ?, 0, ?)", kVersion, epoch_, head);
  }

  const std::string path_, epoch_;
  std::optional<Connection> db_;
};

}  // namespace
}  // namespace sqlite

std::unique_ptr<SearchIndex> open_sqlite_search_index(const std::string& path,
                                                      const std::string& epoch, LogPosition head) {
  try {
    return std::make_unique<sqlite::SqliteSearchIndex>(path, epoch, head);
  } catch (const StoreFailure& e) {
    throw StoreFailure("cannot open the search index " + path + ": " + e.what() +
                       "; it may be deleted, and is made anew");
  }
}

}  // namespace fairlead::store
