#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "store/store.h"

namespace fairlead::store {

struct SqliteOptions {
  // How long a write waits for another process on the same file before it fails.
  std::chrono::milliseconds busy_timeout{5000};
  std::int64_t pages_max = 0;  // of 4 KiB: the file may not grow beyond; 0: SQLite's own limit
  int wal_pages_max =
      64 * 1024;  // of 4 KiB: from here on a write waits a little for readers to let go
};

// Opens the database file, creating it (mode 0600) or migrating it as needed; the directory must
// exist. Several processes of one host may have the same file open; not on a network file system
// (WAL shares memory). Throws StoreFailure.
std::unique_ptr<Store> open_sqlite_store(const std::string& path,
                                         const SqliteOptions& options = {});

}  // namespace fairlead::store
