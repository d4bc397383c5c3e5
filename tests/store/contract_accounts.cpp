#include <gmock/gmock.h>

#include "tests/store/store_contract.h"

namespace fairlead::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST_P(StoreContract, AUserIsFoundByIdAndByName) {
  add_user(5, "ada");
  reopen();
  const auto user = read([](View& view) { return view.user(UserId(5)); });
  ASSERT_TRUE(user);
  EXPECT_EQ(user->name, "ada");
  EXPECT_EQ(user->display_name, "ada");
  EXPECT_EQ(user->created_at_ms, 1005);
  EXPECT_EQ(read([](View& view) { return view.user_by_name("ada"); })->id, UserId(5));
  EXPECT_EQ(read([](View& view) { return view.password_hash(UserId(5)); }), "hash of ada");
  EXPECT_FALSE(read([](View& view) { return view.user(UserId(6)); }));
  EXPECT_FALSE(read([](View& view) { return view.user_by_name("bob"); }));
  EXPECT_FALSE(read([](View& view) { return view.password_hash(UserId(6)); }));
}

TEST_P(StoreContract, ADisplayNameCanBeChanged) {
  auto user = add_user(5, "ada");
  user.display_name = "Ada Lovelace ♥";
  write([&](Transaction& t) { t.update_user(user); });
  EXPECT_EQ(read([](View& view) { return view.user(UserId(5)); })->display_name, "Ada Lovelace ♥");
}

TEST_P(StoreContract, UsersAreFoundByTheBeginningOfEitherNameWhateverTheCase) {
  const auto add = [&](std::int64_t id, std::string name, std::string display) {
    write([&](Transaction& t) { t.insert_user({UserId(id), name, display, 1}, "x"); });
  };
  add(1, "zoe", "Ann");
  add(2, "anna", "Somebody");
  add(3, "bert", "100% Ann");
  add(4, "carl", "@home");
  add(5, "dora", "Äda");
  add(6, "annb", "annalena");
  const auto find = [&](std::string prefix, std::size_t limit = 10) {
    std::vector<std::string> names;
    for (const auto& user : read([&](View& view) { return view.find_users(prefix, limit); })) {
      names.push_back(user.name);
    }
    return names;
  };
  EXPECT_THAT(find("AN"), ElementsAre("anna", "annb", "zoe"));
  EXPECT_THAT(find("an", 2), ElementsAre("anna", "annb"));
  EXPECT_THAT(find("ann%"), IsEmpty());
  EXPECT_THAT(find("100%"), ElementsAre("bert"));
  EXPECT_THAT(find("@"), ElementsAre("carl"));
  EXPECT_THAT(find("Ä"), ElementsAre("dora"));
  EXPECT_THAT(find("", 2), ElementsAre("anna", "annb"));
  EXPECT_THAT(find("an", 0), IsEmpty());
}

TEST_P(StoreContract, AnIssuersSubjectIsFoundWithItsIssuerOnly) {
  add_user(5, "ada");
  write([](Transaction& t) { t.insert_external_account("iss", "ada", UserId(5)); });
  reopen();
  const auto find = [&](std::string_view issuer, std::string_view subject) {
    return read([&](View& view) { return view.external_account(issuer, subject); });
  };
  EXPECT_EQ(find("iss", "ada"), UserId(5));
  EXPECT_EQ(find("iss", "Ada"), std::nullopt);
  EXPECT_EQ(find("is", "sada"), std::nullopt);
  EXPECT_EQ(find("other", "ada"), std::nullopt);
}

TEST_P(StoreContract, ARevokedTokenStaysRevoked) {
  write([](Transaction& t) {
    t.revoke_token("one", 2000);
    t.revoke_token("one", 2000);
    t.revoke_token("two", 9000);
  });
  reopen();
  EXPECT_TRUE(read([](View& view) { return view.token_revoked("one"); }));
  EXPECT_FALSE(read([](View& view) { return view.token_revoked("three"); }));
  EXPECT_THAT(read([](View& view) { return view.revoked_tokens(); }),
              UnorderedElementsAre("one", "two"));
  write([](Transaction& t) { t.prune(5000, 100); });
  EXPECT_THAT(read([](View& view) { return view.revoked_tokens(); }), ElementsAre("two"))
      << "what expired before the retention is forgotten";
}

TEST_P(StoreContract, ATicketIsRedeemedOnce) {
  EXPECT_TRUE(write([](Transaction& t) { return t.redeem_ticket("a", 2000, 1000); }));
  EXPECT_FALSE(write([](Transaction& t) { return t.redeem_ticket("a", 2000, 1500); }));
  EXPECT_FALSE(write([](Transaction& t) { return t.redeem_ticket("a", 2000, 2000); }))
      << "still valid to the ms";
  EXPECT_TRUE(write([](Transaction& t) { return t.redeem_ticket("b", 9000, 1500); }));
  reopen();
  EXPECT_FALSE(write([](Transaction& t) { return t.redeem_ticket("b", 9000, 3000); }));
}

TEST_P(StoreContract, ASettingIsKeptWithAnyBytes) {
  EXPECT_EQ(read([](View& view) { return view.setting("key"); }), "");
  const std::string bytes("\0\xff\n'binary", 10);
  write([&](Transaction& t) { t.put_setting("key", "first"); });
  write([&](Transaction& t) { t.put_setting("key", bytes); });
  write([&](Transaction& t) { t.put_setting("empty", ""); });
  reopen();
  EXPECT_EQ(read([](View& view) { return view.setting("key"); }), bytes);
  EXPECT_EQ(read([](View& view) { return view.setting("empty"); }), "");
}

}  // namespace
}  // namespace fairlead::store
