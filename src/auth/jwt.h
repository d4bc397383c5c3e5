#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auth/jwk.h"
#include "core/result.h"

namespace fairlead::auth {

// What a token of the external issuer must be (the operator's settings).
struct JwtRules {
  JwtAlg alg = JwtAlg::kRs256;
  std::string issuer;    // `iss`, exactly
  std::string audience;  // is, or is one of, `aud`
  // How far the issuer's clock may be before ours (`nbf`, `iat`). Nothing is added to `exp`: a
  // token never lives longer than its issuer says.
  std::chrono::seconds leeway{60};
};

// Who a good token is about.
struct JwtClaims {
  std::string subject;       // `sub`: 1 to 255 bytes of UTF-8 without control characters
  std::string display_name;  // `name`, empty if there is none that can be shown
  std::string token_id;  // "j_…", at most 64 characters: the same for all spellings of a token
  std::int64_t expires_at_ms = 0;
  std::uint64_t key = 0;  // JwtKey::mark() of the one that has signed it
};

// A JWS in its compact form (RFC 7519, RFC 8725): size, shape and header first, then the signature,
// then the claims. `unauthorized` with a detail that says what is wrong with it. Keys are never
// fetched nor taken out of a token. Pure; any thread; some 100 µs.
Result<JwtClaims> check_jwt(std::string_view token, const std::vector<JwtKey>& keys,
                            const JwtRules& rules, std::int64_t now_ms);

}  // namespace fairlead::auth
