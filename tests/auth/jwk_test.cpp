#include "auth/jwk.h"

#include <gtest/gtest.h>

#include "auth/sodium.h"
#include "tests/auth/jwt_signer.h"

namespace fairlead::auth {
namespace {

std::string set_of(std::vector<Json> keys) {
  return Json{{"keys", std::move(keys)}}.dump();
}
std::string refusal(JwtAlg alg, const std::string& text) {
  const auto keys = read_jwks(alg, text);
  return keys ? "accepted" : keys.error().detail;
}

TEST(Jwk, EachKindOfKeyIsReadFromASetAndChecksSignatures) {
  for (const auto alg : {JwtAlg::kHs256, JwtAlg::kRs256, JwtAlg::kEs256, JwtAlg::kEdDsa}) {
    const JwtSigner signer(alg);
    const auto keys = read_jwks(alg, set_of({signer.jwk("a")}));
    ASSERT_TRUE(keys) << to_string(alg) << ": " << keys.error().detail;
    ASSERT_EQ(keys->size(), 1u);
    EXPECT_EQ(keys->front().kid(), "a");
    EXPECT_TRUE(keys->front().verify("text", signer.sign("text")));
    EXPECT_FALSE(keys->front().verify("texts", signer.sign("text")));
    EXPECT_FALSE(keys->front().verify("text", ""));
  }
}

TEST(Jwk, KeysForOtherUsesAreLeftOutAndAtLeastOneMustRemain) {
  const JwtSigner rsa(JwtAlg::kRs256), ec(JwtAlg::kEs256);
  auto encrypting = ec.jwk("enc");
  encrypting["use"] = "enc";
  auto other_alg = ec.jwk("es512");
  other_alg["alg"] = "ES512";
  const auto keys =
      read_jwks(JwtAlg::kEs256, set_of({rsa.jwk("r"), encrypting, other_alg, ec.jwk("good")}));
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 1u);
  EXPECT_EQ(keys->front().kid(), "good");
  EXPECT_EQ(refusal(JwtAlg::kEdDsa, set_of({rsa.jwk("r"), ec.jwk("e")})),
            "there is no key for EdDSA in it");
}

TEST(Jwk, ASetThatCannotBeTrustedIsRefusedAsAWhole) {
  const JwtSigner ec(JwtAlg::kEs256);
  EXPECT_EQ(refusal(JwtAlg::kEs256, set_of({ec.jwk("a"), ec.jwk("a")})),
            "the key a stands there twice");
  EXPECT_EQ(refusal(JwtAlg::kEs256, set_of({ec.jwk(), ec.jwk()})),
            "the key without a kid stands there twice");
  std::vector<Json> many;
  for (int i = 0; i < 65; ++i) many.push_back(ec.jwk(std::to_string(i)));
  EXPECT_EQ(refusal(JwtAlg::kEs256, set_of(std::move(many))), "more than 64 keys");
  const std::string shape = "a JSON object with \"keys\", an array, is expected (RFC 7517)";
  for (const auto* text : {"", "{}", "[]", R"({"keys":{}})", R"({"keys":[],"keys":[]})"}) {
    EXPECT_EQ(refusal(JwtAlg::kEs256, text), shape) << text;
  }
}

TEST(Jwk, NumbersThatMakeNoKeyAreRefused) {
  const JwtSigner ec(JwtAlg::kEs256), rsa(JwtAlg::kRs256);
  const std::string none = "the key a is not usable: its numbers make no key";
  auto off_curve = ec.jwk("a");
  off_curve["y"] = to_base64url(std::string(32, '\x01'));
  EXPECT_EQ(refusal(JwtAlg::kEs256, set_of({off_curve})), none);
  auto short_x = ec.jwk("a");
  short_x["x"] = "AQAB";
  EXPECT_EQ(refusal(JwtAlg::kEs256, set_of({short_x})), none);
  auto padded = ec.jwk("a");
  padded["x"] = padded["x"].get<std::string>() + "=";
  EXPECT_EQ(refusal(JwtAlg::kEs256, set_of({padded})), none);
  auto even = rsa.jwk("a");
  even["e"] = to_base64url(std::string("\x01\x00\x00", 3));
  EXPECT_EQ(refusal(JwtAlg::kRs256, set_of({even})), none);
  auto one = rsa.jwk("a");
  one["e"] = to_base64url("\x01");  // every text would be its own signature
  EXPECT_EQ(refusal(JwtAlg::kRs256, set_of({one})), none);
  auto huge = rsa.jwk("a");
  huge["n"] = to_base64url(std::string(1025, '\xff'));
  EXPECT_EQ(refusal(JwtAlg::kRs256, set_of({huge})), none);
  EXPECT_NE(refusal(JwtAlg::kHs256, set_of({Json{{"kty", "oct"}, {"kid", "a"}, {"k", "AQAB"}}}))
                .find("at least 32 bytes"),
            std::string::npos);
}

TEST(Jwk, AWrongFileSaysWhatToDo) {
  const JwtSigner rsa(JwtAlg::kRs256);
  const auto why = [](JwtAlg alg, const std::string& text) {
    const auto key = read_jwt_key(alg, text);
    return key ? "accepted" : key.error().detail;
  };
  EXPECT_EQ(why(JwtAlg::kRs256, rsa.key_file()), "accepted");
  EXPECT_NE(why(JwtAlg::kRs256, rsa.private_pem()).find("openssl pkey -pubout"), std::string::npos);
  EXPECT_NE(why(JwtAlg::kRs256, "-----BEGIN CERTIFICATE-----\n").find("openssl x509"),
            std::string::npos);
  EXPECT_NE(why(JwtAlg::kRs256, rsa.key_file() + rsa.key_file()).find("--jwt-jwks"),
            std::string::npos);
  EXPECT_NE(why(JwtAlg::kRs256, "").find("BEGIN PUBLIC KEY"), std::string::npos);
  EXPECT_NE(why(JwtAlg::kRs256, JwtSigner(JwtAlg::kRs256, 1024).key_file()).find("has 1024"),
            std::string::npos);
  EXPECT_NE(why(JwtAlg::kHs256, "short").find("openssl rand"), std::string::npos);
  for (const auto& key : {rsa.key_file(), rsa.private_pem()}) {
    EXPECT_NE(why(JwtAlg::kHs256, key).find("needs a secret"), std::string::npos);
  }
}

std::string without_armour(const std::string& pem) {
  const auto begin = pem.find('\n') + 1;
  return pem.substr(begin, pem.rfind("-----END") - begin);
}

TEST(Jwk, APublicKeyIsNoSecretInWhateverFormItIsHandedOut) {
  for (const auto alg : {JwtAlg::kRs256, JwtAlg::kEs256, JwtAlg::kEdDsa}) {
    const JwtSigner signer(alg);
    auto one_line = without_armour(signer.key_file());
    std::erase(one_line, '\n');
    std::string der(one_line.size(), '\0');
    const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(der.data()),
                                       reinterpret_cast<const unsigned char*>(one_line.data()),
                                       static_cast<int>(one_line.size()));
    ASSERT_GT(length, 32);
    der.resize(static_cast<std::size_t>(length));
    for (const auto& text : {without_armour(signer.key_file()), one_line, one_line + "\n", der,
                             signer.jwk("a").dump(), Json{{"keys", {signer.jwk()}}}.dump(2)}) {
      EXPECT_FALSE(read_jwt_key(JwtAlg::kHs256, text)) << to_string(alg) << ' ' << text;
    }
  }
  EXPECT_TRUE(read_jwt_key(JwtAlg::kHs256, R"({"password":"json, but no key of any kind"})"));
  EXPECT_TRUE(read_jwt_key(JwtAlg::kHs256, "MCowBQYDK2VwAyEA-not-a-key-but-looks-like-one"));
}

}  // namespace
}  // namespace fairlead::auth
