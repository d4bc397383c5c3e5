#include "auth/jwt.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "auth/sodium.h"
#include "auth/strict_json.h"
#include "core/limits.h"
#include "core/text.h"
#include "protocol/ids.h"

namespace fairlead::auth {
namespace {

using protocol::Json;

constexpr std::size_t kSubjectBytesMax = 255;
constexpr std::size_t kIdHashBytes = 24;
constexpr double kYear9999_s = 253'402'300'799;

auto malformed(std::string why) {
  return fail(ErrorCode::kUnauthorized, "the token " + std::move(why));
}

struct Parts {
  std::string_view signed_text;  // header.payload, as it stands there
  std::string header, payload, signature;
};

// Three pieces of strict base64url: the same token cannot be written in two ways.
std::optional<Parts> take_apart(std::string_view token) {
  const auto first = token.find('.');
  const auto second = token.find('.', first + 1);
  if (first == token.npos || second == token.npos || token.find('.', second + 1) != token.npos) {
    return std::nullopt;
  }
  auto header = from_base64url(token.substr(0, first));
  auto payload = from_base64url(token.substr(first + 1, second - first - 1));
  auto signature = from_base64url(token.substr(second + 1));
  if (!header || !payload || !signature) return std::nullopt;
  return Parts{token.substr(0, second), std::move(*header), std::move(*payload),
               std::move(*signature)};
}

std::optional<std::string> text_of(const Json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

// RFC 8725 section 3.11: a token of another kind (a logout token, an event) is none of ours, even
// of the same issuer and key.
bool is_access_token(const Json& header) {
  if (!header.contains("typ")) return true;
  auto type = text_of(header, "typ").value_or("-");
  constexpr std::string_view kPrefix = "application/";
  if (same_ignoring_case(type.substr(0, kPrefix.size()), kPrefix)) type.erase(0, kPrefix.size());
  return same_ignoring_case(type, "jwt") || same_ignoring_case(type, "at+jwt");
}

// What the header may say. `jku`, `jwk`, `x5u` and `x5c` are read by nobody (RFC 8725
// section 3.10).
Result<void> check_header(const Json& header, JwtAlg alg) {
  if (text_of(header, "alg") != to_string(alg)) {
    return malformed("is not signed with " + std::string(to_string(alg)));
  }
  // RFC 7515 section 4.1.11: extensions that must be understood, and we understand none.
  for (const auto* extension : {"crit", "b64", "zip", "enc"}) {
    if (header.contains(extension)) return malformed("uses an extension that is not known here");
  }
  if (!is_access_token(header) || header.contains("cty")) return malformed("is of another kind");
  return {};
}

const JwtKey* find_key(const Json& header, const std::vector<JwtKey>& keys) {
  const bool names_one = header.contains("kid");
  const bool only_key_has_no_name = keys.size() == 1 && keys.front().kid().empty();
  if (!names_one || only_key_has_no_name) return keys.size() == 1 ? &keys.front() : nullptr;
  const auto kid = text_of(header, "kid");
  const auto found =
      std::ranges::find_if(keys, [&](const JwtKey& key) { return key.kid() == kid; });
  return found == keys.end() ? nullptr : &*found;
}

// A NumericDate in milliseconds; nullopt if it is none, or not in years 1970 to 9999.
std::optional<std::int64_t> time_of(const Json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_number()) return std::nullopt;
  const auto seconds = found->get<double>();
  if (!(seconds >= 0 && seconds <= kYear9999_s)) return std::nullopt;
  return static_cast<std::int64_t>(std::floor(seconds * 1000));
}

Result<std::int64_t> check_times(const Json& claims, std::chrono::milliseconds leeway,
                                 std::int64_t now_ms) {
  const auto expires = time_of(claims, "exp");
  if (!expires) return malformed("has no exp that is a time");
  if (*expires <= now_ms) return malformed("has expired");
  for (const auto* name : {"nbf", "iat"}) {
    if (!claims.contains(name)) continue;
    const auto begins = time_of(claims, name);
    if (!begins) return malformed(std::string("has an ") + name + " that is no time");
    if (*begins > now_ms + leeway.count()) return malformed("is not valid yet");
  }
  return *expires;
}

bool is_for(const Json& claims, const std::string& audience) {
  const auto found = claims.find("aud");
  if (found == claims.end()) return false;
  if (!found->is_array()) return *found == audience;
  const bool all_text =
      std::ranges::all_of(*found, [](const Json& one) { return one.is_string(); });
  return all_text && std::ranges::find(*found, Json(audience)) != found->end();
}

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F;
  });
}

std::string display_name_of(const Json& claims) {
  auto name = text_of(claims, "name").value_or("");
  const bool fits = protocol::characters(name) <= limits::kDisplayNameCharsMax;
  return fits && !has_control_character(name) ? name : "";
}

// By `jti` if there is one, else by what is signed: never by the signature, of which the holder of
// an ECDSA token can make another that is as good.
std::string id_of(const Json& claims, const Parts& parts, const std::string& subject,
                  const std::string& issuer, std::int64_t expires_at_ms) {
  const auto jti = text_of(claims, "jti");
  const std::string hashed =
      jti ? Json{"jti", issuer, subject, *jti}.dump() : std::string(parts.signed_text);
  std::string hash(kIdHashBytes, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(),
                     reinterpret_cast<const unsigned char*>(hashed.data()), hashed.size(), nullptr,
                     0);
  return "j_" + protocol::base32(expires_at_ms) + to_base64url(hash);
}

Result<JwtClaims> check_claims(const Parts& parts, const JwtRules& rules, std::int64_t now_ms) {
  const auto claims = parse_strict_json(parts.payload);
  if (!claims) return malformed("is malformed");
  if (text_of(*claims, "iss") != rules.issuer) return malformed("is of another issuer");
  if (!is_for(*claims, rules.audience)) return malformed("is for another audience");
  const auto expires = check_times(*claims, rules.leeway, now_ms);
  if (!expires) return fail(expires.error());
  JwtClaims checked;
  checked.subject = text_of(*claims, "sub").value_or("");
  if (checked.subject.empty() || checked.subject.size() > kSubjectBytesMax ||
      has_control_character(checked.subject)) {
    return malformed("has no sub of 1 to 255 bytes of text");
  }
  if (claims->contains("jti") && !text_of(*claims, "jti")) {
    return malformed("has a jti that is no text");
  }
  checked.display_name = display_name_of(*claims);
  checked.expires_at_ms = *expires;
  checked.token_id = id_of(*claims, parts, checked.subject, rules.issuer, *expires);
  return checked;
}

}  // namespace

Result<JwtClaims> check_jwt(std::string_view token, const std::vector<JwtKey>& keys,
                            const JwtRules& rules, std::int64_t now_ms) {
  if (token.size() > limits::kJwtBytesMax) return malformed("is longer than 6 KiB");
  const auto parts = take_apart(token);
  const auto header = parts ? parse_strict_json(parts->header) : std::nullopt;
  if (!header) return malformed("is malformed");
  if (auto allowed = check_header(*header, rules.alg); !allowed) return fail(allowed.error());
  const auto* key = find_key(*header, keys);
  if (key == nullptr) return malformed("is signed with a key that is not known here");
  if (!key->verify(parts->signed_text, parts->signature)) return malformed("has a wrong signature");
  auto claims = check_claims(*parts, rules, now_ms);
  if (claims) claims->key = key->mark();
  return claims;
}

}  // namespace fairlead::auth
