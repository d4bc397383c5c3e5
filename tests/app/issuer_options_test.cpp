#include "app/issuer_options.h"

#include <gtest/gtest.h>

#include "app/command_line.h"

namespace fairlead::app {
namespace {

CommandLine parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), {"fairlead", "serve"});
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

TEST(IssuerOptions, WithoutAnyThereIsNoIssuer) {
  const auto settings = issuer_settings(parse({}).config);
  ASSERT_TRUE(settings);
  EXPECT_FALSE(*settings);
}

TEST(IssuerOptions, TogetherTheyMakeOne) {
  const auto line = parse({"--jwt-alg", "ES256", "--jwt-jwks", "/etc/keys", "--jwt-issuer", "iss",
                           "--jwt-audience", "aud", "--jwt-leeway-seconds", "5"});
  ASSERT_TRUE(line.run);
  const auto settings = issuer_settings(line.config);
  ASSERT_TRUE(settings && *settings);
  EXPECT_EQ((*settings)->rules.alg, auth::JwtAlg::kEs256);
  EXPECT_EQ((*settings)->rules.issuer, "iss");
  EXPECT_EQ((*settings)->rules.audience, "aud");
  EXPECT_EQ((*settings)->rules.leeway, std::chrono::seconds(5));
  EXPECT_EQ((*settings)->form, auth::JwtKeyFile::Form::kJwks);
  EXPECT_EQ((*settings)->path, "/etc/keys");
}

TEST(IssuerOptions, WhatIsMissingIsNamed) {
  const auto missing = [](std::vector<const char*> arguments) {
    return issuer_settings(parse(std::move(arguments)).config).error().detail;
  };
  EXPECT_EQ(missing({"--jwt-alg", "HS256"}),
            "an external issuer's tokens need --jwt-key or --jwt-jwks, --jwt-issuer, "
            "--jwt-audience, too");
  EXPECT_EQ(missing({"--jwt-key", "k", "--jwt-issuer", "i", "--jwt-audience", "a"}),
            "an external issuer's tokens need --jwt-alg, too");
}

TEST(IssuerOptions, WhatMakesNoSenseIsAMistake) {
  EXPECT_EQ(parse({"--jwt-alg", "none"}).exit_code, 2);
  EXPECT_EQ(parse({"--jwt-alg", "HS512"}).exit_code, 2);
  EXPECT_EQ(parse({"--jwt-key", "a", "--jwt-jwks", "b"}).exit_code, 2);
  EXPECT_EQ(parse({"--jwt-leeway-seconds", "301"}).exit_code, 2);
  EXPECT_EQ(parse({"--origin", "chat.example.org"}).exit_code, 2);
  EXPECT_EQ(parse({"--origin", "https://chat.example.org/"}).exit_code, 2);
}

}  // namespace
}  // namespace fairlead::app
