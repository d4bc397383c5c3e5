#include "auth/jwk.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>

namespace fairlead::auth {
namespace {

constexpr int kRsaBitsMin = 2048, kRsaBitsMax = 8192;  // above: each check would take too long
constexpr std::size_t kSecretBytesMin = 32;            // RFC 7518 section 3.2
constexpr std::size_t kP256Bytes = 32;
constexpr std::size_t kEd25519SignatureBytes = 64;

constexpr std::array<std::string_view, 4> kNames = {"HS256", "RS256", "ES256", "EdDSA"};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Error refused(std::string why) {
  return error(ErrorCode::kBadRequest, std::move(why));
}

// Whether its numbers are what they should be: with an RSA exponent of 1 every text would be its
// own signature.
bool is_sound(EVP_PKEY* key) {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new(key, nullptr), EVP_PKEY_CTX_free);
  const bool sound = EVP_PKEY_public_check(context.get()) == 1;
  ERR_clear_error();
  return sound;
}

// Why `key` cannot check signatures of `alg`; empty if it can.
std::string unfit(JwtAlg alg, const EVP_PKEY* key) {
  switch (alg) {
    case JwtAlg::kRs256: {
      if (EVP_PKEY_is_a(key, "RSA") != 1) return "RS256 needs an RSA key";
      const int bits = EVP_PKEY_get_bits(key);
      if (bits >= kRsaBitsMin && bits <= kRsaBitsMax) return {};
      return "an RSA key of 2048 to 8192 bits is needed, this one has " + std::to_string(bits);
    }
    case JwtAlg::kEs256: {
      std::array<char, 64> group{};
      std::size_t length = 0;
      const bool named = EVP_PKEY_is_a(key, "EC") == 1 &&
                         EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME,
                                                        group.data(), group.size(), &length) == 1;
      if (named && std::string_view(group.data(), length) == SN_X9_62_prime256v1) return {};
      return "ES256 needs an EC key on P-256";
    }
    case JwtAlg::kEdDsa:
      return EVP_PKEY_is_a(key, "ED25519") == 1 ? "" : "EdDSA needs an Ed25519 key";
    case JwtAlg::kHs256:
      break;
  }
  return "HS256 needs a secret, not a public key";
}

// JOSE has r and s one behind the other (RFC 7518 section 3.4); OpenSSL wants them in DER. Empty if
// they are not that.
std::string der_of(std::string_view signature) {
  if (signature.size() != 2 * kP256Bytes) return {};
  const auto number = [&](std::size_t at) {
    return BN_bin2bn(bytes_of(signature) + at, static_cast<int>(kP256Bytes), nullptr);
  };
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(ECDSA_SIG_new(), ECDSA_SIG_free);
  ECDSA_SIG_set0(pair.get(), number(0), number(kP256Bytes));
  std::string der(static_cast<std::size_t>(i2d_ECDSA_SIG(pair.get(), nullptr)), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  i2d_ECDSA_SIG(pair.get(), &out);
  return der;
}

bool verify_hmac(const std::string& secret, std::string_view text, std::string_view mac) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> ours{};
  if (mac.size() != ours.size()) return false;
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes_of(text),
           text.size(), ours.data(), nullptr) == nullptr) {
    return false;
  }
  return CRYPTO_memcmp(ours.data(), mac.data(), ours.size()) == 0;  // CWE-208
}

bool verify_with(EVP_PKEY* key, const EVP_MD* digest, std::string_view text,
                 std::string_view signature) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  const bool good = EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) == 1 &&
                    EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(),
                                     bytes_of(text), text.size()) == 1;
  if (!good) ERR_clear_error();  // nobody else of this thread should take it for their own
  return good;
}

}  // namespace

std::string_view to_string(JwtAlg alg) {
  return kNames.at(static_cast<std::size_t>(alg));
}

std::optional<JwtAlg> parse_jwt_alg(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames.at(i) == name) return static_cast<JwtAlg>(i);
  }
  return std::nullopt;
}

Result<JwtKey> JwtKey::of_secret(std::string secret, std::string kid) {
  if (secret.size() < kSecretBytesMin) {
    return fail(refused("a secret for HS256 has at least 32 bytes, this one has " +
                        std::to_string(secret.size()) + "; `openssl rand -hex 32` makes one"));
  }
  JwtKey key(JwtAlg::kHs256, std::move(kid));
  key.secret_ = std::move(secret);
  key.mark_ = key.make_mark();
  return key;
}

Result<JwtKey> JwtKey::of_public(JwtAlg alg, EVP_PKEY* pkey, std::string kid) {
  JwtKey key(alg, std::move(kid));
  key.public_.reset(pkey);
  if (auto why = unfit(alg, pkey); !why.empty()) return fail(refused(std::move(why)));
  if (!is_sound(pkey)) return fail(refused("its numbers make no key"));
  key.mark_ = key.make_mark();
  return key;
}

std::uint64_t JwtKey::make_mark() const {
  std::string key = secret_;
  if (public_) {
    key.resize(static_cast<std::size_t>(std::max(0, i2d_PUBKEY(public_.get(), nullptr))));
    auto* to = reinterpret_cast<unsigned char*>(key.data());
    i2d_PUBKEY(public_.get(), &to);
  }
  // What has a fixed length stands in front, the name behind it.
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest.data());
  const auto all = std::string(to_string(alg_)) + std::string(digest.begin(), digest.end()) + kid_;
  SHA256(reinterpret_cast<const unsigned char*>(all.data()), all.size(), digest.data());
  std::uint64_t mark = 0;
  for (std::size_t i = 0; i < sizeof mark; ++i) mark = mark << 8 | digest.at(i);
  return mark | 1;
}

bool JwtKey::verify(std::string_view signed_text, std::string_view signature) const {
  switch (alg_) {
    case JwtAlg::kHs256:
      return verify_hmac(secret_, signed_text, signature);
    case JwtAlg::kRs256:
      return verify_with(public_.get(), EVP_sha256(), signed_text, signature);
    case JwtAlg::kEs256: {
      const auto der = der_of(signature);
      return !der.empty() && verify_with(public_.get(), EVP_sha256(), signed_text, der);
    }
    case JwtAlg::kEdDsa:
      return signature.size() == kEd25519SignatureBytes &&
             verify_with(public_.get(), nullptr, signed_text, signature);
  }
  return false;
}

}  // namespace fairlead::auth
