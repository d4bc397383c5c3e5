#pragma once

#include <string>

#include "core/result.h"
#include "core/unique_fd.h"

namespace fairlead::app {

// The directory of the store: made if missing (mode 0700), and locked for this process. Blocks on
// disk.
struct DataDirectory {
  std::string path;
  UniqueFd lock;       // held while the node lives
  UniqueFd node_lock;  // its name's
  std::string store_path() const { return path + "/fairlead.db"; }
  std::string search_path() const { return path + "/search.db"; }
};

enum class Sharing {
  kAlone,      // two servers started by mistake on the same data do not meet
  kWithNodes,  // that all have names of their own
};
Result<DataDirectory> open_data_directory(const std::string& path, const std::string& node,
                                          Sharing sharing);

}  // namespace fairlead::app
