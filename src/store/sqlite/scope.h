#pragma once

#include <exception>

#include "store/sqlite/connection.h"
#include "store/view.h"

namespace fairlead::store::sqlite {

// A transaction on a connection: committed, or rolled back by whatever ends its scope.
class Scope {
 public:
  Scope(Connection& connection, const char* begin) : connection_(connection) {
    connection_.run(begin);
  }
  ~Scope() {
    if (!connection_.in_transaction()) return;
    try {
      connection_.run("ROLLBACK");
    } catch (const std::exception&) {
      // SQLite rolls back in any case (sqlite.org/lang_transaction.html, "Response To Errors").
    }
  }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  void commit() {
    if (!connection_.in_transaction())
      throw StoreFailure("sqlite: the transaction was rolled back");
    connection_.run("COMMIT");
  }

 private:
  Connection& connection_;
};

}  // namespace fairlead::store::sqlite
