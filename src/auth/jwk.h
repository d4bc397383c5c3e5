#pragma once

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace fairlead::auth {

// The signatures that an external issuer may use. Which one it is says the configuration, never the
// token (RFC 8725 section 3.1).
enum class JwtAlg { kHs256, kRs256, kEs256, kEdDsa };

std::string_view to_string(JwtAlg alg);                      // as in a token's `alg`
std::optional<JwtAlg> parse_jwt_alg(std::string_view name);  // in that spelling alone

// What checks one issuer's signatures: a public key, or for HS256 the shared secret. It knows its
// one algorithm and does no other. Immutable; any thread.
class JwtKey {
 public:
  static Result<JwtKey> of_secret(std::string secret, std::string kid = {});  // HS256
  static Result<JwtKey> of_public(JwtAlg alg, EVP_PKEY* key,
                                  std::string kid = {});  // takes it over

  const std::string& kid() const { return kid_; }  // empty: it has none
  // `signature` as it stands in a token, decoded. Some 100 µs.
  bool verify(std::string_view signed_text, std::string_view signature) const;
  // Which key it is, and under which name: the same on every node; not 0.
  std::uint64_t mark() const { return mark_; }

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  JwtKey(JwtAlg alg, std::string kid) : alg_(alg), kid_(std::move(kid)) {}

  std::uint64_t make_mark() const;

  JwtAlg alg_;
  std::string kid_;
  std::string secret_;                      // HS256
  std::unique_ptr<EVP_PKEY, Free> public_;  // the others
  std::uint64_t mark_ = 0;                  // made once: each token asks
};

// Keys out of files. All errors are `bad_request`, with a detail that tells the operator what to
// do. A key that is too weak is refused: RSA below 2048 bits, a secret below 32 bytes, an EC key
// that is not on P-256. Pure; any thread.
//
// `text`: PEM ("BEGIN PUBLIC KEY"); for HS256 the secret's own bytes, up to a last line feed. A
// public key is never a secret, in whatever form (CVE-2015-9235 and its like).
Result<JwtKey> read_jwt_key(JwtAlg alg, std::string_view text);
// RFC 7517, section 5. Takes the keys that are for `alg` and leaves the others; at least one, at
// most
// 64. A key is found by its kid: two of the same name are refused, and two without one.
Result<std::vector<JwtKey>> read_jwks(JwtAlg alg, std::string_view text);

}  // namespace fairlead::auth
