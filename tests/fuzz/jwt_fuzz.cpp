// A token as it comes, a signed one with any header and claims, and key files: refused, or within
// all bounds. The first byte says which.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "auth/jwt.h"
#include "auth/sodium.h"

namespace {

using namespace fairlead::auth;

const std::string kSecret(32, 's');
constexpr std::int64_t kNow_ms = 1'700'000'000'000;

void check(std::string_view token) {
  static const auto keys = [] {
    std::vector<JwtKey> all;
    all.push_back(*JwtKey::of_secret(kSecret));
    return all;
  }();
  static const JwtRules rules{JwtAlg::kHs256, "iss", "aud", std::chrono::seconds(60)};
  const auto claims = check_jwt(token, keys, rules, kNow_ms);
  if (!claims) {
    if (claims.error().detail.empty()) std::abort();
    return;
  }
  if (claims->expires_at_ms <= kNow_ms || claims->subject.empty() || claims->subject.size() > 255 ||
      claims->token_id.size() > 64 || !claims->token_id.starts_with("j_")) {
    std::abort();
  }
}

std::string signed_token(std::string_view header, std::string_view claims) {
  const auto text = to_base64url(header) + '.' + to_base64url(claims);
  std::string mac(32, '\0');
  HMAC(EVP_sha256(), kSecret.data(), static_cast<int>(kSecret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       reinterpret_cast<unsigned char*>(mac.data()), nullptr);
  return text + '.' + to_base64url(mac);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  init_sodium();
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto alg = static_cast<JwtAlg>(data[0] / 8 % 4);
  switch (data[0] % 4) {
    case 0:
      check(text);
      break;
    case 1: {
      const auto end = std::min(text.find('\n'), text.size());
      check(signed_token(text.substr(0, end), text.substr(std::min(end + 1, text.size()))));
      break;
    }
    case 2:
      if (const auto keys = read_jwks(alg, text)) {
        if (keys->empty() || keys->size() > 64) std::abort();
        if (keys->front().verify("text", std::string(64, 'x'))) std::abort();
      }
      break;
    default:
      if (const auto key = read_jwt_key(alg, text)) {
        if (key->verify("text", std::string(64, 'x'))) std::abort();
      }
  }
  return 0;
}
