#include "core/error.h"

#include <gtest/gtest.h>

#include <set>

#include "core/result.h"

namespace fairlead {
namespace {

constexpr int kLast = static_cast<int>(ErrorCode::kHttpVersionNotSupported);

TEST(Error, EveryCodeHasTraitsThatTheWireAllows) {
  std::set<std::string_view> codes;
  for (int i = 0; i <= kLast; ++i) {
    const auto& t = traits(static_cast<ErrorCode>(i));
    EXPECT_TRUE(t.http_status >= 400 && t.http_status < 600) << t.code;
    EXPECT_FALSE(t.code.empty());
    EXPECT_EQ(t.code.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos)
        << t.code;
    EXPECT_FALSE(t.title.empty()) << t.code;
    EXPECT_TRUE(t.close_code == 1009 || t.close_code == 1011 || t.close_code == 1012 ||
                (t.close_code >= 4000 && t.close_code <= 4099))
        << t.code;
    EXPECT_TRUE(codes.insert(t.code).second) << t.code << " is there twice";
  }
  EXPECT_THROW(traits(static_cast<ErrorCode>(kLast + 1)), std::out_of_range);
}

// The table is in the order of the enum: a line that was put in the wrong place shows here.
TEST(Error, TheCodesThatTheProtocolNamesHaveTheirStatus) {
  const auto is = [](ErrorCode code, std::string_view word, int status) {
    EXPECT_EQ(traits(code).code, word);
    EXPECT_EQ(traits(code).http_status, status);
  };
  is(ErrorCode::kBadCredentials, "bad_credentials", 401);
  is(ErrorCode::kNotAMember, "not_a_member", 403);
  is(ErrorCode::kNotFound, "not_found", 404);
  is(ErrorCode::kNonceReused, "nonce_reused", 409);
  is(ErrorCode::kContentTooLarge, "content_too_large", 413);
  is(ErrorCode::kInvalidFields, "invalid_fields", 422);
  is(ErrorCode::kUpgradeRequired, "upgrade_required", 426);
  is(ErrorCode::kRateLimited, "rate_limited", 429);
  is(ErrorCode::kOverloaded, "overloaded", 503);
  is(ErrorCode::kStoreUnavailable, "store_unavailable", 503);
  is(ErrorCode::kShuttingDown, "shutting_down", 503);
  is(ErrorCode::kHttpVersionNotSupported, "http_version_not_supported", 505);
  EXPECT_EQ(traits(ErrorCode::kUnauthorized).close_code, 4001);
  EXPECT_EQ(traits(ErrorCode::kForbidden).close_code, 4003);
  EXPECT_EQ(traits(ErrorCode::kRateLimited).close_code, 4029);
  EXPECT_EQ(traits(ErrorCode::kShuttingDown).close_code, 1012);
}

TEST(Error, AFieldErrorNamesTheField) {
  const auto e = field_error("name", "too long");
  EXPECT_EQ(e.code, ErrorCode::kInvalidFields);
  EXPECT_EQ(e.fields.at("name"), "too long");
  EXPECT_EQ(e.detail, "name: too long");
}

TEST(Error, AResultHoldsTheAnswerOrTheError) {
  const Result<int> good = 3;
  const Result<int> bad = fail(ErrorCode::kForbidden, "no");
  EXPECT_EQ(good.value(), 3);
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.error().detail, "no");
}

}  // namespace
}  // namespace fairlead
