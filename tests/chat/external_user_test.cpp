#include "tests/chat/service_fixture.h"

namespace fairlead::chat {
namespace {

class ExternalUserTest : public ServiceTest {
 protected:
  User user_of(const std::string& subject, const std::string& issuer = "iss",
               const std::string& display_name = {}) {
    const auto id = ask<UserId>([&](auto done) {
      service_.external_user({issuer, subject, display_name}, done);
    });
    EXPECT_TRUE(id);
    return *ask<User>([&](auto done) { service_.user(*id, done); });
  }
};

TEST_F(ExternalUserTest, ASubjectIsOneUserForEver) {
  const auto ann = user_of("ann", "iss", "Ann Example");
  EXPECT_EQ(ann.name, "ann");
  EXPECT_EQ(ann.display_name, "Ann Example");
  const auto again = user_of("ann", "iss", "Another Name");
  EXPECT_EQ(again.id, ann.id);
  EXPECT_EQ(again.display_name, "Ann Example");
  EXPECT_EQ(user_of("bob").display_name, "bob");
}

TEST_F(ExternalUserTest, NobodyTakesOverAnAccountByItsName) {
  const auto local = make_user("ann");
  const auto first = user_of("ann", "one"), second = user_of("ann", "two");
  EXPECT_NE(first.id, local.id);
  EXPECT_NE(second.id, first.id);
  for (const auto& user : {first, second}) {
    EXPECT_TRUE(user.name.starts_with("ann-")) << user.name;
    EXPECT_EQ(user.name.size(), 10u);
  }
  EXPECT_NE(first.name, second.name);
  const auto taken =
      ask<User>([&](auto done) { service_.register_user(first.name, "x", "hash", done); });
  EXPECT_EQ(taken.error().code, ErrorCode::kNameTaken);
}

TEST_F(ExternalUserTest, NoPasswordLeadsToOne) {
  user_of("ann");
  const auto login = ask<Login>([&](auto done) { service_.find_login("ann", done); });
  EXPECT_EQ(login->password_hash, "");
}

TEST(NameLike, AnySubjectBecomesAName) {
  EXPECT_EQ(name_like("ann"), "ann");
  EXPECT_EQ(name_like("Ann.Example"), "ann.example");
  EXPECT_EQ(name_like("auth0|5f7c8ec7"), "auth0-5f7c8ec7");
  EXPECT_EQ(name_like("x"), "u-x");
  EXPECT_EQ(name_like("\xC3\xA4"), "--");
  EXPECT_EQ(name_like(std::string(255, 'A')), std::string(32, 'a'));
}

}  // namespace
}  // namespace fairlead::chat
