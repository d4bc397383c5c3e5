#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/ids.h"

namespace fairlead::store::sqlite {

// Throws what a SQLite result code means: StoreFailure, or std::logic_error for a violated
// constraint (a bug of the caller: the store itself is well). `doing` is for the log; it holds no
// user data.
[[noreturn]] void throw_error(sqlite3* db, int code, std::string_view doing);

struct Blob {  // binds as BLOB instead of TEXT
  std::string_view bytes;
};

// One prepared statement, owned. Belongs to its Connection and so to one thread at a time.
class Statement {
 public:
  Statement(sqlite3* db, const char* sql);
  ~Statement() { sqlite3_finalize(handle_); }
  Statement(Statement&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement& operator=(Statement&&) = delete;

  // Binds parameters 1..n. With `keep`, text is copied; without, it must live until reset().
  template <typename... A>
  void bind_all(bool keep, const A&... args) {
    int i = 0;
    (bind(++i, args, keep ? SQLITE_TRANSIENT : SQLITE_STATIC), ...);
  }

  bool step();  // true: a row; false: done. Throws.
  void reset() { sqlite3_reset(handle_); }
  bool busy() const { return sqlite3_stmt_busy(handle_) != 0; }
  sqlite3_stmt* handle() const { return handle_; }

 private:
  template <typename T>
  void bind(int i, const T& value, sqlite3_destructor_type lifetime) {
    int code;
    if constexpr (std::is_same_v<T, std::nullptr_t>) {
      code = sqlite3_bind_null(handle_, i);
    } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
      code = sqlite3_bind_int64(handle_, i, static_cast<sqlite3_int64>(value));
    } else if constexpr (std::is_same_v<T, Blob>) {
      code = sqlite3_bind_blob64(handle_, i, value.bytes.data(), value.bytes.size(), lifetime);
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
      const std::string_view text = value;
      // A null pointer would bind NULL; an empty text is not that.
      code = sqlite3_bind_text64(handle_, i, text.data() ? text.data() : "", text.size(), lifetime,
                                 SQLITE_UTF8);
    } else {
      code = sqlite3_bind_int64(handle_, i, value.value());  // a StrongId
    }
    if (code != SQLITE_OK) throw_error(sqlite3_db_handle(handle_), code, "bind");
  }

  sqlite3_stmt* handle_ = nullptr;
};

// One use of a prepared statement: steps through its rows, and resets it at the end. Lives on the
// stack of the thread that uses the connection; columns count from 0.
class Rows {
 public:
  explicit Rows(Statement& statement) : statement_(statement) {}
  ~Rows() { statement_.reset(); }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  bool next() { return statement_.step(); }

  std::int64_t integer(int column) const {
    return sqlite3_column_int64(statement_.handle(), column);
  }
  template <typename Id>
  Id id(int column) const {
    return Id(integer(column));
  }
  template <typename Enum>
  Enum as(int column) const {
    return static_cast<Enum>(integer(column));
  }
  bool null(int column) const {
    return sqlite3_column_type(statement_.handle(), column) == SQLITE_NULL;
  }
  std::size_t size(int column) const {
    return static_cast<std::size_t>(sqlite3_column_bytes(statement_.handle(), column));
  }
  std::string text(int column) const {  // TEXT or BLOB
    const void* bytes = sqlite3_column_blob(statement_.handle(), column);
    return bytes ? std::string(static_cast<const char*>(bytes), size(column)) : std::string();
  }

 private:
  Statement& statement_;
};

}  // namespace fairlead::store::sqlite
