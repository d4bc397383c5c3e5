#include "auth/jwt.h"

#include <gtest/gtest.h>
#include <openssl/bn.h>

#include <array>

#include "auth/sodium.h"
#include "core/limits.h"
#include "tests/auth/jwt_signer.h"

namespace fairlead::auth {
namespace {

constexpr std::int64_t kNow_s = 1'700'000'000;
constexpr std::array kAlgs = {JwtAlg::kHs256, JwtAlg::kRs256, JwtAlg::kEs256, JwtAlg::kEdDsa};

// One key of each kind for all tests: RSA keys take long to make.
const JwtSigner& signer(JwtAlg alg) {
  static const std::array<JwtSigner, 4> all = {JwtSigner(kAlgs[0]), JwtSigner(kAlgs[1]),
                                               JwtSigner(kAlgs[2]), JwtSigner(kAlgs[3])};
  return all.at(static_cast<std::size_t>(alg));
}

JwtRules rules(JwtAlg alg) {
  return {alg, "https://issuer.example", "chat", std::chrono::seconds(60)};
}

Json good_claims() {
  return {{"iss", "https://issuer.example"},
          {"aud", "chat"},
          {"sub", "ann"},
          {"exp", kNow_s + 300},
          {"name", "Ann Example"}};
}

Result<JwtClaims> check(std::string_view token, const JwtSigner& by, std::int64_t now_s = kNow_s) {
  std::vector<JwtKey> keys;
  keys.push_back(by.key());
  return check_jwt(token, keys, rules(by.alg()), now_s * 1000);
}

// Why it is refused.
std::string refusal(std::string_view token, const JwtSigner& by = signer(JwtAlg::kEs256)) {
  const auto checked = check(token, by);
  if (checked) return "accepted";
  EXPECT_EQ(checked.error().code, ErrorCode::kUnauthorized);
  return checked.error().detail;
}
std::string refusal_of_claims(const Json& claims) {
  return refusal(signer(JwtAlg::kEs256).token(claims));
}
Json with(Json json, const char* name, Json value) {
  json[name] = std::move(value);
  return json;
}
Json without(Json json, const char* name) {
  json.erase(name);
  return json;
}

TEST(Jwt, AGoodTokenOfEachAlgorithmNamesItsSubjectAndItsEnd) {
  for (const auto alg : kAlgs) {
    const auto checked = check(signer(alg).token(good_claims()), signer(alg));
    ASSERT_TRUE(checked) << to_string(alg) << ": " << checked.error().detail;
    EXPECT_EQ(checked->subject, "ann");
    EXPECT_EQ(checked->display_name, "Ann Example");
    EXPECT_EQ(checked->expires_at_ms, (kNow_s + 300) * 1000);
    EXPECT_TRUE(checked->token_id.starts_with("j_"));
    EXPECT_LE(checked->token_id.size(), 64u);
  }
}

// --- RFC 8725 section 2.1 and 3.1: algorithms

TEST(Jwt, AnUnsignedTokenIsRefusedHoweverNoneIsSpelt) {
  for (const auto* none : {"none", "None", "NONE", "nOnE", ""}) {
    const auto header = to_base64url(Json{{"alg", none}, {"typ", "JWT"}}.dump());
    const auto text = header + '.' + to_base64url(good_claims().dump()) + '.';
    for (const auto alg : kAlgs) {
      EXPECT_EQ(refusal(text, signer(alg)),
                "the token is not signed with " + std::string(to_string(alg)));
    }
  }
}

TEST(Jwt, AnotherAlgorithmThanTheConfiguredOneIsRefusedWhoeverSigned) {
  for (const auto pinned : kAlgs) {
    for (const auto other : kAlgs) {
      if (other == pinned) continue;
      const auto token = signer(other).token(good_claims());
      EXPECT_EQ(refusal(token, signer(pinned)),
                "the token is not signed with " + std::string(to_string(pinned)));
    }
  }
  for (const auto* unknown : {"HS384", "RS512", "PS256", "ES384", "ES256K", "rs256", "RS256 "}) {
    const auto token = signer(JwtAlg::kRs256).token(Json{{"alg", unknown}}, good_claims());
    EXPECT_EQ(refusal(token, signer(JwtAlg::kRs256)), "the token is not signed with RS256");
  }
}

// CVE-2015-9235, CVE-2016-5431 and many more: the verifier takes the public key for a shared
// secret.
TEST(Jwt, APublicKeyIsNoSecretForHs256) {
  const auto& rsa = signer(JwtAlg::kRs256);
  EXPECT_FALSE(read_jwt_key(JwtAlg::kHs256, rsa.key_file()));
  EXPECT_FALSE(read_jwks(JwtAlg::kHs256, Json{{"keys", {rsa.jwk()}}}.dump()));
}

TEST(Jwt, TheSignatureMustBeOfThisKeyAndThisText) {
  for (const auto alg : kAlgs) {
    const auto token = signer(alg).token(good_claims());
    EXPECT_EQ(refusal(JwtSigner(alg).token(good_claims()), signer(alg)),
              "the token has a wrong signature");
    const auto forged = to_base64url(with(good_claims(), "sub", "root").dump());
    const auto first = token.find('.'), last = token.rfind('.');
    EXPECT_EQ(refusal(token.substr(0, first + 1) + forged + token.substr(last), signer(alg)),
              "the token has a wrong signature");
    EXPECT_EQ(refusal(token.substr(0, last + 1), signer(alg)), "the token has a wrong signature");
    auto short_one = *from_base64url(token.substr(last + 1));
    short_one.pop_back();
    EXPECT_EQ(refusal(token.substr(0, last + 1) + to_base64url(short_one), signer(alg)),
              "the token has a wrong signature");
  }
}

// CVE-2022-21449 ("psychic signatures").
TEST(Jwt, AnEcdsaSignatureOfZeroesIsWrong) {
  const auto token = signer(JwtAlg::kEs256).token(good_claims());
  const auto text = token.substr(0, token.rfind('.') + 1);
  EXPECT_EQ(refusal(text + to_base64url(std::string(64, '\0'))), "the token has a wrong signature");
  EXPECT_EQ(refusal(text + to_base64url(std::string(64, '\xff'))),
            "the token has a wrong signature");
}

// With a key of another curve or kind the text would be checked by other rules (RFC 8725, 3.4).
TEST(Jwt, AKeyOfAnotherKindOrTooWeakIsRefused) {
  EXPECT_FALSE(read_jwt_key(JwtAlg::kRs256, JwtSigner(JwtAlg::kRs256, 1024).key_file()));
  EXPECT_FALSE(
      read_jwt_key(JwtAlg::kEs256, JwtSigner::of_curve(JwtAlg::kEs256, "P-384").key_file()));
  EXPECT_FALSE(
      read_jwt_key(JwtAlg::kEs256, JwtSigner::of_curve(JwtAlg::kEs256, "secp256k1").key_file()));
  EXPECT_FALSE(read_jwt_key(JwtAlg::kEdDsa, signer(JwtAlg::kEs256).key_file()));
  EXPECT_FALSE(read_jwt_key(JwtAlg::kHs256, "too short to be safe"));
}

// --- RFC 8725 section 3.10, 3.11, RFC 7515 section 4.1: what a header may say

// CVE-2018-0114: a token that brings its own key.
TEST(Jwt, AKeyInsideTheTokenIsNotLookedAt) {
  const JwtSigner mine(JwtAlg::kRs256);
  for (const auto* name : {"jwk", "jku", "x5u", "x5c"}) {
    const Json header = {{"alg", "RS256"}, {name, mine.jwk()}};
    EXPECT_EQ(refusal(mine.token(header, good_claims()), signer(JwtAlg::kRs256)),
              "the token has a wrong signature");
  }
}

TEST(Jwt, ExtensionsThatMustBeUnderstoodAreRefused) {
  const auto& by = signer(JwtAlg::kEs256);
  for (const auto* name : {"crit", "b64", "zip", "enc"}) {
    EXPECT_EQ(
        refusal(by.token(Json{{"alg", "ES256"}, {name, Json::array({"exp"})}}, good_claims())),
        "the token uses an extension that is not known here");
  }
}

TEST(Jwt, ATokenOfAnotherKindIsRefused) {
  const auto& by = signer(JwtAlg::kEs256);
  for (const auto* type : {"JWT", "jwt", "at+jwt", "application/at+JWT"}) {
    EXPECT_EQ(refusal(by.token(Json{{"alg", "ES256"}, {"typ", type}}, good_claims())), "accepted");
  }
  EXPECT_EQ(refusal(by.token(Json{{"alg", "ES256"}}, good_claims())), "accepted");
  for (const Json& type : {Json("logout+jwt"), Json("secevent+jwt"), Json(""), Json(7)}) {
    EXPECT_EQ(refusal(by.token(Json{{"alg", "ES256"}, {"typ", type}}, good_claims())),
              "the token is of another kind");
  }
  EXPECT_EQ(refusal(by.token(Json{{"alg", "ES256"}, {"cty", "JWT"}}, good_claims())),
            "the token is of another kind");
}

TEST(Jwt, TheKidChoosesAmongKeysAndIsNothingElse) {
  const auto& one = signer(JwtAlg::kEs256);
  const JwtSigner two(JwtAlg::kEs256);
  const auto keys = read_jwks(JwtAlg::kEs256, Json{{"keys", {one.jwk("1"), two.jwk("2")}}}.dump());
  ASSERT_TRUE(keys) << keys.error().detail;
  const auto refusal_by = [&](const JwtSigner& by, const Json& header) {
    const auto checked =
        check_jwt(by.token(header, good_claims()), *keys, rules(JwtAlg::kEs256), kNow_s * 1000);
    return checked ? "accepted" : checked.error().detail;
  };
  EXPECT_EQ(refusal_by(one, {{"alg", "ES256"}, {"kid", "1"}}), "accepted");
  EXPECT_EQ(refusal_by(two, {{"alg", "ES256"}, {"kid", "2"}}), "accepted");
  EXPECT_EQ(refusal_by(one, {{"alg", "ES256"}, {"kid", "2"}}), "the token has a wrong signature");
  for (const Json& kid : {Json("3"), Json("../1"), Json("' OR 1=1"), Json(1), Json(nullptr)}) {
    EXPECT_EQ(refusal_by(one, {{"alg", "ES256"}, {"kid", kid}}),
              "the token is signed with a key that is not known here");
  }
  EXPECT_EQ(refusal_by(one, {{"alg", "ES256"}}),
            "the token is signed with a key that is not known here");
}

// --- claims

TEST(Jwt, TheIssuerMustBeExactlyTheConfiguredOne) {
  for (const Json& iss : {Json("https://issuer.example/"), Json("https://Issuer.example"), Json(""),
                          Json::array({"https://issuer.example"}), Json(nullptr)}) {
    EXPECT_EQ(refusal_of_claims(with(good_claims(), "iss", iss)), "the token is of another issuer");
  }
  EXPECT_EQ(refusal_of_claims(without(good_claims(), "iss")), "the token is of another issuer");
}

TEST(Jwt, TheAudienceMustBeAmongThoseOfTheToken) {
  EXPECT_EQ(refusal_of_claims(with(good_claims(), "aud", Json::array({"mail", "chat"}))),
            "accepted");
  for (const Json& aud : {Json("mail"), Json(""), Json("chat "), Json::array(), Json(nullptr),
                          Json::array({"mail"}), Json::array({"chat", 7}), Json{{"chat", true}}}) {
    EXPECT_EQ(refusal_of_claims(with(good_claims(), "aud", aud)),
              "the token is for another audience")
        << aud;
  }
  EXPECT_EQ(refusal_of_claims(without(good_claims(), "aud")), "the token is for another audience");
}

TEST(Jwt, ATokenEndsToTheSecondWhateverTheLeeway) {
  const auto token = signer(JwtAlg::kEs256).token(good_claims());
  EXPECT_TRUE(check(token, signer(JwtAlg::kEs256), kNow_s + 299));
  EXPECT_FALSE(check(token, signer(JwtAlg::kEs256), kNow_s + 300));
  EXPECT_EQ(refusal_of_claims(with(good_claims(), "exp", kNow_s)), "the token has expired");
}

TEST(Jwt, ATokenWithoutAnEndThatIsATimeIsRefused) {
  for (const Json& exp : {Json("1700000300"), Json(-1), Json(1e20), Json(true), Json(nullptr)}) {
    EXPECT_EQ(refusal_of_claims(with(good_claims(), "exp", exp)),
              "the token has no exp that is a time")
        << exp;
  }
  EXPECT_EQ(refusal_of_claims(without(good_claims(), "exp")),
            "the token has no exp that is a time");
  EXPECT_EQ(refusal_of_claims(with(good_claims(), "exp", kNow_s + 0.5)), "accepted");
}

TEST(Jwt, ATokenOfTheFutureIsRefusedBeyondTheLeeway) {
  for (const auto* name : {"nbf", "iat"}) {
    EXPECT_EQ(refusal_of_claims(with(good_claims(), name, kNow_s + 60)), "accepted");
    EXPECT_EQ(refusal_of_claims(with(good_claims(), name, kNow_s + 61)),
              "the token is not valid yet");
    EXPECT_EQ(refusal_of_claims(with(good_claims(), name, "now")),
              std::string("the token has an ") + name + " that is no time");
  }
}

TEST(Jwt, TheSubjectIsBoundedText) {
  EXPECT_EQ(refusal_of_claims(with(good_claims(), "sub", std::string(255, 'x'))), "accepted");
  for (const Json& sub : {Json(""), Json(std::string(256, 'x')), Json(7), Json("a\nb"),
                          Json("a\x7f"), Json(nullptr)}) {
    EXPECT_EQ(refusal_of_claims(with(good_claims(), "sub", sub)),
              "the token has no sub of 1 to 255 bytes of text")
        << sub;
  }
}

// --- shape

TEST(Jwt, JsonThatTwoReadersUnderstandDifferentlyIsRefused) {
  const auto& by = signer(JwtAlg::kEs256);
  const auto claims = good_claims().dump();
  const std::string header = R"({"alg":"ES256"})";
  EXPECT_EQ(refusal(by.token_of_text(header, claims)), "accepted");
  EXPECT_EQ(refusal(by.token_of_text(R"({"alg":"ES256","alg":"ES256"})", claims)),
            "the token is malformed");
  const auto refused = [&](const std::string& text) {
    EXPECT_EQ(refusal(by.token_of_text(header, text)), "the token is malformed") << text;
  };
  refused(claims.substr(0, claims.size() - 1) + R"(,"sub":"root"})");
  refused(claims.substr(0, claims.size() - 1) + R"(,"more":{"a":1,"a":2}})");
  refused(claims.substr(0, claims.size() - 1) + ",\"more\":" + std::string(9, '[') + "1" +
          std::string(9, ']') + "}");
  refused("\xEF\xBB\xBF" + claims);
  refused(claims + claims);
  refused(claims + " x");
  refused("[" + claims + "]");
  refused("{\"sub\":\"\xff\"}");
  refused(R"({"sub":"a\u0000b"})");
  refused(R"({"exp":1e999})");
  refused("");
}

TEST(Jwt, OnlyOneSpellingOfEachPartIsAccepted) {
  const auto token = signer(JwtAlg::kEs256).token(good_claims());
  for (const std::string& other :
       {token + "=", token + ".", "." + token, token + ".x", " " + token, token + "\n",
        token.substr(0, token.find('.')), std::string(".."), std::string("."), std::string()}) {
    EXPECT_EQ(refusal(other), "the token is malformed") << other;
  }
  // The last character of the header has bits that are not used.
  auto bent = token;
  auto& last = bent[bent.find('.') - 1];
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const auto header = token.substr(0, token.find('.'));
  if (header.size() % 4 != 0) {
    last = alphabet[alphabet.find(last) ^ 1];
    EXPECT_EQ(refusal(bent), "the token is malformed");
  }
}

TEST(Jwt, ATokenHasABoundedSize) {
  EXPECT_EQ(refusal_of_claims(with(good_claims(), "more", std::string(4000, 'x'))), "accepted");
  EXPECT_EQ(refusal_of_claims(with(good_claims(), "more", std::string(5000, 'x'))),
            "the token is longer than 6 KiB");
}

// --- ids, for revocation

TEST(Jwt, AnotherSignatureOfTheSameTokenHasTheSameId) {
  const auto& by = signer(JwtAlg::kEs256);
  const auto token = by.token(good_claims());
  const auto text = token.substr(0, token.rfind('.'));
  // (r, n - s) is as good as (r, s): whoever holds a token can make it.
  auto signature = *from_base64url(token.substr(token.rfind('.') + 1));
  BIGNUM* order = nullptr;
  BN_hex2bn(&order, "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");
  BIGNUM* s = BN_bin2bn(reinterpret_cast<unsigned char*>(signature.data()) + 32, 32, nullptr);
  BN_sub(s, order, s);
  BN_bn2binpad(s, reinterpret_cast<unsigned char*>(signature.data()) + 32, 32);
  BN_free(s);
  BN_free(order);
  const auto twin = text + '.' + to_base64url(signature);
  ASSERT_NE(twin, token);
  const auto first = check(token, by), second = check(twin, by);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->token_id, second->token_id);
}

TEST(Jwt, AnIdIsThatOfTheJtiAndOfNobodyElses) {
  const auto& by = signer(JwtAlg::kEs256);
  const auto id = [&](const Json& claims) { return check(by.token(claims), by)->token_id; };
  const auto ann = with(good_claims(), "jti", "1");
  EXPECT_EQ(id(ann), id(with(ann, "name", "Ann again")));
  EXPECT_NE(id(ann), id(with(ann, "jti", "2")));
  EXPECT_NE(id(ann), id(with(ann, "sub", "bob")));
  EXPECT_NE(id(good_claims()), id(with(good_claims(), "sub", "bob")));
  EXPECT_EQ(refusal_of_claims(with(good_claims(), "jti", 1)),
            "the token has a jti that is no text");
}

TEST(Jwt, ANameThatCannotBeShownIsLeftOut) {
  const auto& by = signer(JwtAlg::kEs256);
  for (const Json& name : {Json(std::string(81, 'x')), Json("a\nb"), Json(7), Json("")}) {
    EXPECT_EQ(check(by.token(with(good_claims(), "name", name)), by)->display_name, "");
  }
}

}  // namespace
}  // namespace fairlead::auth
