#include "app/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace fairlead::app {
namespace {

// Any node name as a part of a file name.
std::string file_name_of(std::string node) {
  std::ranges::replace_if(
      node, [](unsigned char c) { return std::isalnum(c) == 0 && c != '-' && c != '.'; }, '_');
  return node;
}

// `taken`: why somebody else may have it.
Result<UniqueFd> lock(const std::string& path, int how, const std::string& taken) {
  UniqueFd file(::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  if (!file) {
    return fail(ErrorCode::kStoreUnavailable,
                "cannot write to the data directory: " + path + ": " + std::strerror(errno));
  }
  if (::flock(file.get(), how | LOCK_NB) != 0) return fail(ErrorCode::kStoreUnavailable, taken);
  return file;
}

}  // namespace

Result<DataDirectory> open_data_directory(const std::string& path, const std::string& node,
                                          Sharing sharing) {
  std::error_code problem;
  if (!std::filesystem::is_directory(path, problem)) {
    std::filesystem::create_directories(path, problem);
    if (problem) {
      return fail(ErrorCode::kStoreUnavailable,
                  "cannot make the data directory " + path + ": " + problem.message());
    }
    ::chmod(path.c_str(), 0700);  // messages and keys: nobody else's business
  }
  const bool alone = sharing == Sharing::kAlone;
  auto all =
      lock(path + "/fairlead.lock", alone ? LOCK_EX : LOCK_SH,
           "another fairlead is running on the data directory " + path +
               "; stop it, choose another directory with --data, or give all of them a Redis "
               "with --redis, so that they can be nodes of one server");
  if (!all) return fail(all.error());
  auto own = lock(path + "/node-" + file_name_of(node) + ".lock", LOCK_EX,
                  "a node named " + node + " is running on the data directory " + path +
                      " already; give this one another name with --node");
  if (!own) return fail(own.error());
  return DataDirectory{path, std::move(*all), std::move(*own)};
}

}  // namespace fairlead::app
