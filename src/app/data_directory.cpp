#include "app/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace fairlead::app {

Result<DataDirectory> open_data_directory(const std::string& path) {
  std::error_code problem;
  if (!std::filesystem::is_directory(path, problem)) {
    std::filesystem::create_directories(path, problem);
    if (problem) {
      return fail(ErrorCode::kStoreUnavailable,
                  "cannot make the data directory " + path + ": " + problem.message());
    }
    ::chmod(path.c_str(), 0700);  // messages and keys: nobody else's business
  }
  DataDirectory directory{path, {}};
  const auto lock_path = path + "/fairlead.lock";
  directory.lock = UniqueFd(::open(lock_path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  if (!directory.lock) {
    return fail(ErrorCode::kStoreUnavailable,
                "cannot write to the data directory " + path + ": " + std::strerror(errno));
  }
  if (::flock(directory.lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorCode::kStoreUnavailable,
                "another fairlead is running on the data directory " + path +
                    "; stop it, or choose another directory with --data");
  }
  return directory;
}

}  // namespace fairlead::app
