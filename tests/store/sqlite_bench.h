#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "store/sqlite/sqlite_store.h"
#include "tests/store/store_contract.h"

namespace fairlead::store {

// A directory of its own in the test's temporary directory, removed at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "fairlead-store-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

class SqliteBench final : public Bench {
 public:
  std::unique_ptr<Store> open() override { return open_sqlite_store(path()); }
  std::string path() const { return directory_.file("fairlead.db"); }

 private:
  TemporaryDirectory directory_;
};

}  // namespace fairlead::store
