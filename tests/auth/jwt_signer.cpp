#include "tests/auth/jwt_signer.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <stdexcept>

#include "auth/sodium.h"
#include "core/random.h"

namespace fairlead::auth {
namespace {

unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string pem_of(const auto& write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  write(out.get());
  char* data = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string big_number(EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, bytes_of(bytes));
  BN_free(number);
  return bytes;
}

EVP_PKEY* generate(JwtAlg alg, int rsa_bits) {
  switch (alg) {
    case JwtAlg::kHs256:
      return nullptr;
    case JwtAlg::kRs256:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(rsa_bits));
    case JwtAlg::kEs256:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
    case JwtAlg::kEdDsa:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  }
  return nullptr;
}

// r and s, each in 32 bytes, out of the DER that OpenSSL makes.
std::string jose_of(const std::string& der) {
  const auto* in = bytes_of(std::string_view(der));
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(
      d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(der.size())), ECDSA_SIG_free);
  std::string out(64, '\0');
  BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), bytes_of(out), 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), bytes_of(out) + 32, 32);
  return out;
}

}  // namespace

JwtSigner::JwtSigner(JwtAlg alg, EVP_PKEY* key) : alg_(alg), key_(key, EVP_PKEY_free) {}

JwtSigner::JwtSigner(JwtAlg alg, int rsa_bits) : JwtSigner(alg, generate(alg, rsa_bits)) {
  if (alg == JwtAlg::kHs256) secret_ = to_base64url(random_bytes(32));
}

JwtSigner JwtSigner::of_curve(JwtAlg alg, const char* curve) {
  return {alg, EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve)};
}

std::string JwtSigner::sign(std::string_view text) const {
  if (alg_ == JwtAlg::kHs256) {
    std::string mac(32, '\0');
    HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()), bytes_of(text),
         text.size(), bytes_of(mac), nullptr);
    return mac;
  }
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  const auto* digest = alg_ == JwtAlg::kEdDsa ? nullptr : EVP_sha256();
  std::string signature(1024, '\0');
  std::size_t size = signature.size();
  if (EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), bytes_of(signature), &size, bytes_of(text), text.size()) != 1) {
    throw std::runtime_error("OpenSSL does not sign");
  }
  signature.resize(size);
  return alg_ == JwtAlg::kEs256 ? jose_of(signature) : signature;
}

std::string JwtSigner::token_of_text(std::string_view header, std::string_view claims) const {
  const auto text = to_base64url(header) + '.' + to_base64url(claims);
  return text + '.' + to_base64url(sign(text));
}

std::string JwtSigner::token(const Json& header, const Json& claims) const {
  return token_of_text(header.dump(), claims.dump());
}

std::string JwtSigner::token(const Json& claims) const {
  return token(Json{{"alg", to_string(alg_)}, {"typ", "JWT"}}, claims);
}

std::string JwtSigner::key_file() const {
  if (alg_ == JwtAlg::kHs256) return secret_ + "\n";
  return pem_of([this](BIO* out) { PEM_write_bio_PUBKEY(out, key_.get()); });
}

std::string JwtSigner::private_pem() const {
  return pem_of([this](BIO* out) {
    PEM_write_bio_PrivateKey(out, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

Json JwtSigner::jwk(const std::string& kid) const {
  Json jwk = Json::object();
  if (!kid.empty()) jwk["kid"] = kid;
  if (alg_ == JwtAlg::kHs256) {
    jwk["kty"] = "oct";
    jwk["k"] = to_base64url(secret_);
  } else if (alg_ == JwtAlg::kRs256) {
    jwk["kty"] = "RSA";
    jwk["n"] = to_base64url(big_number(key_.get(), OSSL_PKEY_PARAM_RSA_N));
    jwk["e"] = to_base64url(big_number(key_.get(), OSSL_PKEY_PARAM_RSA_E));
  } else if (alg_ == JwtAlg::kEs256) {
    const auto padded = [this](const char* name) {
      auto bytes = big_number(key_.get(), name);
      return to_base64url(std::string(32 - bytes.size(), '\0') + bytes);
    };
    jwk["kty"] = "EC";
    jwk["crv"] = "P-256";
    jwk["x"] = padded(OSSL_PKEY_PARAM_EC_PUB_X);
    jwk["y"] = padded(OSSL_PKEY_PARAM_EC_PUB_Y);
  } else {
    std::string raw(32, '\0');
    std::size_t size = raw.size();
    EVP_PKEY_get_raw_public_key(key_.get(), bytes_of(raw), &size);
    jwk["kty"] = "OKP";
    jwk["crv"] = "Ed25519";
    jwk["x"] = to_base64url(raw);
  }
  return jwk;
}

}  // namespace fairlead::auth
