#include "store/sqlite/connection.h"

#include <cassert>
#include <stdexcept>

#include "store/view.h"

namespace fairlead::store::sqlite {

void throw_error(sqlite3* db, int code, std::string_view doing) {
  std::string what = "sqlite: ";
  what += doing;
  what += ": ";
  what += db ? sqlite3_errmsg(db) : sqlite3_errstr(code);
  what += " (code " + std::to_string(db ? sqlite3_extended_errcode(db) : code) + ")";
  if ((code & 0xff) == SQLITE_CONSTRAINT) throw std::logic_error(what);
  if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB) throw StoreDamaged(what);
  if ((code & 0xff) == SQLITE_INTERRUPT) throw StoreInterrupted(what);
  throw StoreFailure(what);
}

Statement::Statement(sqlite3* db, const char* sql) {
  const int code = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle_, nullptr);
  if (code != SQLITE_OK) throw_error(db, code, sql);
}

bool Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  throw_error(sqlite3_db_handle(handle_), code, sqlite3_sql(handle_));
}

namespace {

// SQLite counts its memory under one mutex for all threads, which nobody here asks for: a seventh
// of the writer's time. Has to be said before SQLite is first used; if it was, it is only slower.
void configure_once() {
  static const int once = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(once);
}

}  // namespace

Connection::Connection(const std::string& path, Mode mode, std::chrono::milliseconds busy_timeout)
    : busy_timeout_(busy_timeout) {
  const int flags = (mode == Mode::kReadOnly ? SQLITE_OPEN_READONLY
                                             : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  configure_once();
  const int code = sqlite3_open_v2(path.c_str(), &db_, flags, nullptr);
  try {
    if (code != SQLITE_OK) throw_error(db_, code, "open " + path);
    sqlite3_busy_timeout(db_, static_cast<int>(busy_timeout.count()));
  } catch (...) {
    sqlite3_close(db_);
    throw;
  }
}

Connection::~Connection() {
  statements_.clear();
  sqlite3_close(db_);
}

Statement& Connection::prepared(const char* sql) {
  const auto found = statements_.find(sql);
  Statement& statement = found != statements_.end()
                             ? found->second
                             : statements_.try_emplace(sql, db_, sql).first->second;
  assert(!statement.busy());
  return statement;
}

void Connection::execute(const std::string& sql) {
  const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw_error(db_, code, "execute");
}

std::string Connection::text_of(const std::string& sql) {
  Statement statement(db_, sql.c_str());
  Rows rows(statement);
  return rows.next() ? rows.text(0) : std::string();
}

void Connection::interrupt_when(std::function<bool()> enough) {
  constexpr int kOperations = 100;  // between two questions; full-text search has few for much work
  enough_ = std::move(enough);
  const auto ask = [](void* self) { return static_cast<Connection*>(self)->enough_() ? 1 : 0; };
  if (enough_) {
    sqlite3_progress_handler(db_, kOperations, ask, this);
  } else {
    sqlite3_progress_handler(db_, 0, nullptr, nullptr);
  }
}

void Connection::make_empty() {
  statements_.clear();
  // So says sqlite.org/c3ref/c_dbconfig_defensive.html; the schema is read so that it stays in WAL
  // mode, and it does not matter if that fails.
  sqlite3_table_column_metadata(db_, nullptr, "sqlite_schema", nullptr, nullptr, nullptr, nullptr,
                                nullptr, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_RESET_DATABASE, 1, nullptr);
  const int code = sqlite3_exec(db_, "VACUUM", nullptr, nullptr, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_RESET_DATABASE, 0, nullptr);
  if (code != SQLITE_OK) throw_error(db_, code, "empty a damaged file");
}

int Connection::wal_pages() {
  if (wal_pages_ < 0) {
    wal_pages_ = 0;
    sqlite3_wal_hook(
        db_,
        [](void* pages, sqlite3*, const char*, int now) {
          *static_cast<int*>(pages) = now;
          return SQLITE_OK;
        },
        &wal_pages_);
  }
  return wal_pages_;
}

bool Connection::checkpoint(std::chrono::milliseconds wait) {
  const bool restart = wait.count() > 0;
  if (restart) sqlite3_busy_timeout(db_, static_cast<int>(wait.count()));
  int in_log = 0;
  int moved = 0;
  const int code = sqlite3_wal_checkpoint_v2(
      db_, nullptr, restart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, &in_log,
      &moved);
  if (restart) sqlite3_busy_timeout(db_, static_cast<int>(busy_timeout_.count()));
  return code == SQLITE_OK && moved == in_log;
}

}  // namespace fairlead::store::sqlite
