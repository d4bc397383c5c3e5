#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "auth/jwk.h"
#include "core/result.h"

namespace fairlead::auth {

// The file with the issuer's keys, and whether it has changed since it was read. Blocks on the
// disk; one thread.
class JwtKeyFile {
 public:
  enum class Form { kKey, kJwks };  // read_jwt_key(), read_jwks()

  JwtKeyFile(JwtAlg alg, Form form, std::string path)
      : alg_(alg), form_(form), path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  // `bad_request`, with a detail that names the file and says what to do. At most 64 KiB, of a
  // regular file.
  Result<std::vector<JwtKey>> read();
  // Another file, or other contents, than the last read() met, whatever it made of them.
  bool has_changed() const;

 private:
  using Mark = std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t, std::int64_t>;
  Mark mark_now() const;

  const JwtAlg alg_;
  const Form form_;
  const std::string path_;
  Mark mark_{};
};

}  // namespace fairlead::auth
