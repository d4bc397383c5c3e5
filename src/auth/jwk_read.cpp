// Keys out of files: PEM, a secret's bytes, JWKS.
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sodium.h>

#include <algorithm>

#include "auth/jwk.h"
#include "auth/sodium.h"
#include "auth/strict_json.h"

namespace fairlead::auth {
namespace {

using protocol::Json;
using Params = std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)>;
using Number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;

constexpr std::size_t kKeysMax = 64;
constexpr std::string_view kPemBegin = "-----BEGIN ";

Error refused(std::string why) {
  return error(ErrorCode::kBadRequest, std::move(why));
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// A key as OpenSSL writes it without armour.
bool is_der(std::string_view bytes) {
  const auto* key_at = bytes_of(bytes);
  const auto* certificate_at = key_at;
  EVP_PKEY* key = d2i_PUBKEY(nullptr, &key_at, static_cast<long>(bytes.size()));
  X509* certificate = d2i_X509(nullptr, &certificate_at, static_cast<long>(bytes.size()));
  const bool is = key != nullptr || certificate != nullptr;
  EVP_PKEY_free(key);
  X509_free(certificate);
  ERR_clear_error();
  return is;
}

std::string from_base64(std::string_view text) {
  std::string bytes(text.size(), '\0');
  std::size_t length = 0;
  const char* end = nullptr;  // given: what is behind the last digit is no mistake
  sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                    text.size(), " \r\n", &length, &end, sodium_base64_VARIANT_ORIGINAL);
  bytes.resize(length);
  return bytes;
}

// In any of the forms in which issuers hand them out.
bool is_key(std::string_view text) {
  if (text.find(kPemBegin) != std::string_view::npos || text.starts_with("ssh-")) return true;
  const auto json = protocol::parse_object(text);
  if (json && (json->contains("keys") || json->contains("kty"))) return true;
  return is_der(text) || is_der(from_base64(text));
}

Result<JwtKey> read_secret(std::string_view text) {
  // Who can read a public key could sign with it.
  if (is_key(text)) {
    return fail(
        refused("this is a public or private key or a key set (--jwt-jwks), and HS256 needs a "
                "secret that only the issuer and this server know"));
  }
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return JwtKey::of_secret(std::string(text));
}

Result<JwtKey> read_pem(JwtAlg alg, std::string_view text) {
  if (text.find(kPemBegin) != text.rfind(kPemBegin)) {
    return fail(refused("there is more than one key: give one, or a JWKS file with --jwt-jwks"));
  }
  const std::unique_ptr<BIO, decltype(&BIO_free)> in(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free);
  EVP_PKEY* key = PEM_read_bio_PUBKEY(in.get(), nullptr, nullptr, nullptr);
  if (key != nullptr) return JwtKey::of_public(alg, key);
  ERR_clear_error();
  if (text.find("PRIVATE KEY-----") != std::string_view::npos) {
    return fail(
        refused("this is a private key; `openssl pkey -pubout` makes the public one of it"));
  }
  if (text.find("BEGIN CERTIFICATE") != std::string_view::npos) {
    return fail(refused("this is a certificate; `openssl x509 -noout -pubkey` gives its key"));
  }
  return fail(refused("a public key in PEM is expected (-----BEGIN PUBLIC KEY-----)"));
}

std::string text_of(const Json& jwk, const char* name) {
  const auto found = jwk.find(name);
  return found != jwk.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string bytes_in(const Json& jwk, const char* name) {
  return from_base64url(text_of(jwk, name)).value_or("");
}

// Null if OpenSSL makes no key of it: a point that is not on the curve.
EVP_PKEY* make_key(const char* type, const Params& params) {
  const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> list(
      OSSL_PARAM_BLD_to_param(params.get()), OSSL_PARAM_free);
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, list.get()) != 1) {
    return nullptr;
  }
  return key;
}

EVP_PKEY* rsa_key(const Json& jwk) {
  const auto n = bytes_in(jwk, "n"), e = bytes_in(jwk, "e");
  if (n.empty() || e.empty() || n.size() > 1024 || e.size() > 8) return nullptr;
  const Number modulus(BN_bin2bn(bytes_of(n), static_cast<int>(n.size()), nullptr), BN_free);
  const Number exponent(BN_bin2bn(bytes_of(e), static_cast<int>(e.size()), nullptr), BN_free);
  const Params params(OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free);
  OSSL_PARAM_BLD_push_BN(params.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(params.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  return make_key("RSA", params);
}

EVP_PKEY* p256_key(const Json& jwk) {
  const auto x = bytes_in(jwk, "x"), y = bytes_in(jwk, "y");
  if (x.size() != 32 || y.size() != 32) return nullptr;
  const auto point = '\x04' + x + y;  // uncompressed
  const Params params(OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free);
  OSSL_PARAM_BLD_push_utf8_string(params.get(), OSSL_PKEY_PARAM_GROUP_NAME, SN_X9_62_prime256v1, 0);
  OSSL_PARAM_BLD_push_octet_string(params.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  return make_key("EC", params);
}

EVP_PKEY* ed25519_key(const Json& jwk) {
  const auto x = bytes_in(jwk, "x");
  return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(x), x.size());
}

// Whether a key of the set is meant for signatures of this algorithm. `alg` is optional there
// (RFC 7517 section 4.4); where it stands it must agree.
bool is_for(JwtAlg alg, const Json& jwk) {
  if (jwk.contains("alg") && text_of(jwk, "alg") != to_string(alg)) return false;
  if (jwk.contains("use") && text_of(jwk, "use") != "sig") return false;
  const auto type = text_of(jwk, "kty"), curve = text_of(jwk, "crv");
  switch (alg) {
    case JwtAlg::kHs256:
      return type == "oct";
    case JwtAlg::kRs256:
      return type == "RSA";
    case JwtAlg::kEs256:
      return type == "EC" && curve == "P-256";
    case JwtAlg::kEdDsa:
      return type == "OKP" && curve == "Ed25519";
  }
  return false;
}

Result<JwtKey> read_jwk(JwtAlg alg, const Json& jwk) {
  auto kid = text_of(jwk, "kid");
  if (alg == JwtAlg::kHs256) return JwtKey::of_secret(bytes_in(jwk, "k"), std::move(kid));
  EVP_PKEY* key = alg == JwtAlg::kRs256   ? rsa_key(jwk)
                  : alg == JwtAlg::kEs256 ? p256_key(jwk)
                                          : ed25519_key(jwk);
  if (key != nullptr) return JwtKey::of_public(alg, key, std::move(kid));
  ERR_clear_error();
  return fail(refused("its numbers make no key"));
}

}  // namespace

Result<JwtKey> read_jwt_key(JwtAlg alg, std::string_view text) {
  return alg == JwtAlg::kHs256 ? read_secret(text) : read_pem(alg, text);
}

Result<std::vector<JwtKey>> read_jwks(JwtAlg alg, std::string_view text) {
  const auto json = parse_strict_json(text);
  const auto list = json ? json->find("keys") : Json::const_iterator{};
  if (!json || list == json->end() || !list->is_array()) {
    return fail(refused("a JSON object with \"keys\", an array, is expected (RFC 7517)"));
  }
  std::vector<JwtKey> keys;
  for (const auto& jwk : *list) {
    if (!jwk.is_object() || !is_for(alg, jwk)) continue;
    const auto kid = text_of(jwk, "kid");
    const auto named = kid.empty() ? std::string("the key without a kid") : "the key " + kid;
    auto key = read_jwk(alg, jwk);
    if (!key) return fail(refused(named + " is not usable: " + key.error().detail));
    if (std::ranges::any_of(keys, [&](const JwtKey& other) { return other.kid() == kid; })) {
      return fail(refused(named + " stands there twice"));
    }
    keys.push_back(std::move(*key));
    if (keys.size() > kKeysMax) return fail(refused("more than 64 keys"));
  }
  if (keys.empty()) {
    return fail(refused("there is no key for " + std::string(to_string(alg)) + " in it"));
  }
  return keys;
}

}  // namespace fairlead::auth
