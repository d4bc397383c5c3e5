#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <unordered_map>

#include "store/sqlite/statement.h"

namespace fairlead::store::sqlite {

// One connection to the database file, with its prepared statements. Used by one thread at a time;
// blocks on disk. Every method throws StoreFailure when SQLite fails.
class Connection {
 public:
  enum class Mode { kReadWrite, kReadOnly };
  // `busy_timeout`: how long to wait for a lock that another process holds.
  Connection(const std::string& path, Mode mode, std::chrono::milliseconds busy_timeout);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // `sql` must be a literal (or live as long as the connection): its address names the prepared
  // statement. Text arguments are copied.
  template <typename... A>
  Rows query(const char* sql, const A&... args) {
    Statement& statement = prepared(sql);
    statement.bind_all(/*keep=*/true, args...);
    return Rows(statement);
  }
  // Runs a statement that answers nothing; returns the number of rows it changed.
  template <typename... A>
  std::int64_t run(const char* sql, const A&... args) {
    Statement& statement = prepared(sql);
    statement.bind_all(/*keep=*/false, args...);
    Rows rows(statement);
    while (rows.next()) {
    }
    return sqlite3_changes64(db_);
  }
  // The single value that a query answers; `otherwise` if it answers no row or NULL.
  template <typename... A>
  std::int64_t number(const char* sql, std::int64_t otherwise, const A&... args) {
    Statement& statement = prepared(sql);
    statement.bind_all(/*keep=*/false, args...);
    Rows rows(statement);
    return rows.next() && !rows.null(0) ? rows.integer(0) : otherwise;
  }

  // One or more statements that are not worth keeping (PRAGMA, migrations).
  void execute(const std::string& sql);
  // The first column of the first row of a statement not worth keeping.
  std::string text_of(const std::string& sql);

  // From now on whatever runs asks `enough` often, on its own thread, and ends with
  // StoreInterrupted when it says true. Empty: no more.
  void interrupt_when(std::function<bool()> enough);

  // Makes the file an empty database, however damaged it is. Others may have it open.
  void make_empty();

  // The length of the write-ahead log after the last commit of this connection, in pages. From the
  // first call on, the caller sees to checkpoints: SQLite makes none by itself.
  int wal_pages();
  // Moves pages from the write-ahead log to the database. `wait`: for readers as well, for that
  // long at most, so that the log starts from the beginning; without, as far as readers allow.
  // False: not all was moved, or it failed; neither matters to what is committed.
  bool checkpoint(std::chrono::milliseconds wait);

  // Gives cached pages back.
  void release_memory() { sqlite3_db_release_memory(db_); }

  // False once SQLite has rolled back by itself (disk full, I/O error).
  bool in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }

 private:
  Statement& prepared(const char* sql);

  sqlite3* db_ = nullptr;
  const std::chrono::milliseconds busy_timeout_;
  int wal_pages_ = -1;  // -1: nobody has asked
  std::function<bool()> enough_;
  std::unordered_map<const char*, Statement> statements_;
};

}  // namespace fairlead::store::sqlite
