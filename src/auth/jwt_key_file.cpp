#include "auth/jwt_key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/limits.h"
#include "core/unique_fd.h"

namespace fairlead::auth {
namespace {

auto unusable(const std::string& path, const std::string& why) {
  return fail(ErrorCode::kBadRequest, path + ": " + why);
}

auto unreadable(const std::string& path) {
  return unusable(path, std::string("cannot be read: ") + std::strerror(errno));
}

// At most one byte more than a key file may have. Only of a regular file: a pipe would hold the
// thread for as long as nobody writes into it.
Result<std::string> contents(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat about {};
  if (!file || ::fstat(file.get(), &about) != 0) return unreadable(path);
  if (!S_ISREG(about.st_mode)) return unusable(path, "is no regular file");
  std::string text(limits::kJwtKeyFileBytesMax + 1, '\0');
  std::size_t have = 0;
  while (have < text.size()) {
    const auto n = ::read(file.get(), text.data() + have, text.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unreadable(path);
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  text.resize(have);
  return text;
}

}  // namespace

JwtKeyFile::Mark JwtKeyFile::mark_now() const {
  struct stat file {};
  if (::stat(path_.c_str(), &file) != 0) return {};
  return {file.st_dev, file.st_ino, file.st_size, file.st_mtim.tv_sec, file.st_mtim.tv_nsec};
}

bool JwtKeyFile::has_changed() const {
  return mark_now() != mark_;
}

// The mark is taken first: what is written while it is read shows as a change later.
Result<std::vector<JwtKey>> JwtKeyFile::read() {
  mark_ = mark_now();
  const auto text = contents(path_);
  if (!text) return fail(text.error());
  if (text->size() > limits::kJwtKeyFileBytesMax) return unusable(path_, "has more than 64 KiB");
  if (form_ == Form::kJwks) {
    auto keys = read_jwks(alg_, *text);
    if (!keys) return unusable(path_, keys.error().detail);
    return keys;
  }
  auto key = read_jwt_key(alg_, *text);
  if (!key) return unusable(path_, key.error().detail);
  std::vector<JwtKey> keys;
  keys.push_back(std::move(*key));
  return keys;
}

}  // namespace fairlead::auth
