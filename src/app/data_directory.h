#pragma once

#include <string>

#include "core/result.h"
#include "core/unique_fd.h"

namespace fairlead::app {

// The directory of the store: made if missing (mode 0700), and locked for this process, so that two
// servers started by mistake on the same data do not meet. Blocks on disk.
struct DataDirectory {
  std::string path;
  UniqueFd lock;  // held while the node lives
  std::string store_path() const { return path + "/fairlead.db"; }
};

Result<DataDirectory> open_data_directory(const std::string& path);

}  // namespace fairlead::app
