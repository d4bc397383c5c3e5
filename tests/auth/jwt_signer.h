#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "auth/jwk.h"
#include "protocol/json.h"

struct evp_pkey_st;

namespace fairlead::auth {

using protocol::Json;

// An issuer of tokens, with a key of its own.
class JwtSigner {
 public:
  explicit JwtSigner(JwtAlg alg, int rsa_bits = 2048);
  // With another key than P-256 or the like: what OpenSSL calls it.
  static JwtSigner of_curve(JwtAlg alg, const char* curve);

  std::string sign(std::string_view text) const;  // as it stands in a token, not encoded
  // The token with this header and these claims; the text of a part is taken as it is.
  std::string token(const Json& header, const Json& claims) const;
  std::string token_of_text(std::string_view header, std::string_view claims) const;
  std::string token(const Json& claims) const;  // {"alg", "typ": "JWT"}

  std::string key_file() const;  // PEM, or the secret
  Json jwk(const std::string& kid = {}) const;
  JwtAlg alg() const { return alg_; }
  JwtKey key() const { return *read_jwt_key(alg_, key_file()); }
  std::string private_pem() const;

 private:
  JwtSigner(JwtAlg alg, evp_pkey_st* key);
  JwtAlg alg_;
  std::string secret_;
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace fairlead::auth
