#include "chat/mentions.h"

#include "tests/chat/rules_fixture.h"

namespace fairlead::chat {
namespace {

using Names = std::vector<std::string>;

TEST(Mentions, ANameFollowsAnAtSign) {
  EXPECT_EQ(mentioned_names("hi @ann and @bob_2!"), (Names{"ann", "bob_2"}));
  EXPECT_EQ(mentioned_names("@ANN"), Names{"ann"});
  EXPECT_EQ(mentioned_names("(@ann), @ann"), Names{"ann"});
  EXPECT_EQ(mentioned_names("你好@ann"), Names{"ann"});
}

TEST(Mentions, AnAddressIsNoMention) {
  EXPECT_EQ(mentioned_names("write to ann@example.org"), Names{});
  EXPECT_EQ(mentioned_names("@@ann"), Names{"ann"});
  EXPECT_EQ(mentioned_names("@ @a @"), Names{});
}

TEST(Mentions, WhatIsTooLongForANameIsNone) {
  EXPECT_EQ(mentioned_names("@" + std::string(32, 'a')), Names{std::string(32, 'a')});
  EXPECT_EQ(mentioned_names("@" + std::string(33, 'a')), Names{});
  EXPECT_EQ(mentioned_names("@" + std::string(32, 'a') + "..."), Names{std::string(32, 'a')});
}

TEST(Mentions, TheirNumberIsBounded) {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "@user" + std::to_string(i) + " ";
  EXPECT_EQ(mentioned_names(text).size(), kMentionsMax);
}

class MentionsTest : public RulesTest {};

TEST_F(MentionsTest, OnlyMembersAreMentioned) {
  const auto ann = make_user("ann"), bob = make_user("bob"), eve = make_user("eve");
  const auto room = make_room(ann);
  ASSERT_TRUE(join(bob, room));
  const auto sent = say(ann, room, "@bob, @eve and @nobody: hello. @bob.");
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->message.mentions, std::vector<UserId>{bob.id});
}

TEST_F(MentionsTest, TheDotOfASentenceIsNotTheNames) {
  const auto ann = make_user("ann"), dotted = make_user("a.b.");
  const auto room = make_room(ann);
  ASSERT_TRUE(join(dotted, room));
  EXPECT_EQ(say(ann, room, "it was @ann.")->message.mentions, std::vector<UserId>{ann.id});
  EXPECT_EQ(say(ann, room, "it was @ann...")->message.mentions, std::vector<UserId>{ann.id});
  EXPECT_EQ(say(ann, room, "it was @a.b.")->message.mentions, std::vector<UserId>{dotted.id});
  EXPECT_EQ(say(ann, room, "@--..")->message.mentions, std::vector<UserId>{});
}

TEST_F(MentionsTest, AnEditMentionsAnew) {
  const auto ann = make_user("ann"), bob = make_user("bob");
  const auto room = make_room(ann);
  ASSERT_TRUE(join(bob, room));
  const auto sent = say(ann, room, "hello @ann");
  const auto edited = run([&](auto& tx) {
    return edit_message(tx, ann.id, room, sent->message.id, "hello @bob", ++now_ms_);
  });
  EXPECT_EQ(edited->mentions, std::vector<UserId>{bob.id});
}

}  // namespace
}  // namespace fairlead::chat
