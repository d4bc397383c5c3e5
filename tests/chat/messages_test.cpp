#include "chat/messages.h"

#include "protocol/ids.h"
#include "tests/chat/rules_fixture.h"

namespace fairlead::chat {
namespace {

class MessagesTest : public RulesTest {
 protected:
  User ann = make_user("ann"), bob = make_user("bob"), eve = make_user("eve");
  RoomId room = make_room(ann);

  void SetUp() override { ASSERT_TRUE(join(bob, room)); }

  Result<Message> edit(const User& user, MessageId id, std::string text) {
    return run([&](auto& tx) { return edit_message(tx, user.id, room, id, text, ++now_ms_); });
  }
  Result<Deletion> erase(const User& user, MessageId id) {
    return run([&](auto& tx) { return delete_message(tx, user.id, room, id, ++now_ms_); });
  }
};

TEST_F(MessagesTest, AMessageIsOneEventWithTheSameBytes) {
  const auto before = head();
  const auto sent = send({ann.id, room, "hello", "n", {}, R"({"k":[1,null]})"});
  ASSERT_TRUE(sent);
  EXPECT_FALSE(sent->replayed);
  const auto events = events_after(before);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0]["type"], "message.created");
  EXPECT_EQ(events[0]["room_id"], protocol::to_wire(room));
  EXPECT_EQ(protocol::dump(events[0]["data"]), sent->json);
  EXPECT_EQ(sent->message.id.value(), before.value() + 1);
  EXPECT_EQ(events[0]["data"]["metadata"], protocol::Json::parse(R"({"k":[1,null]})"));
}

TEST_F(MessagesTest, SeqIsGaplessPerRoom) {
  const auto other = make_room(ann);
  for (std::int64_t seq = 1; seq <= 3; ++seq) {
    EXPECT_EQ(say(ann, room, "one")->message.seq, seq);
    EXPECT_EQ(say(ann, other, "two")->message.seq, seq);
    EXPECT_FALSE(say(eve, room, "refused"));
  }
}

TEST_F(MessagesTest, AReplayAnswersWithTheOriginal) {
  const auto first = say(ann, room, "once", "n1");
  const auto before = head();
  const auto again = say(ann, room, "once", "n1");
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->json, first->json);
  EXPECT_EQ(head(), before);
}

TEST_F(MessagesTest, AnotherRequestUnderTheNonceIsRefused) {
  const auto other = make_room(ann);
  const auto first = say(ann, room, "once", "n1");
  const auto code = [&](SendRequest request) { return send(std::move(request)).error().code; };
  EXPECT_EQ(code({ann.id, room, "other", "n1", {}, {}}), ErrorCode::kNonceReused);
  EXPECT_EQ(code({ann.id, other, "once", "n1", {}, {}}), ErrorCode::kNonceReused);
  EXPECT_EQ(code({ann.id, room, "once", "n1", first->message.id, {}}), ErrorCode::kNonceReused);
  EXPECT_EQ(code({ann.id, room, "once", "n1", {}, "{}"}), ErrorCode::kNonceReused);
  EXPECT_TRUE(say(bob, room, "other", "n1")) << "a nonce belongs to its sender";
}

TEST_F(MessagesTest, AReplayStaysAReplayAfterAnEditAndADelete) {
  const auto first = say(ann, room, "once", "n1");
  ASSERT_TRUE(edit(ann, first->message.id, "twice"));
  auto again = say(ann, room, "once", "n1");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->message.text, "twice");
  ASSERT_TRUE(erase(ann, first->message.id));
  again = say(ann, room, "once", "n1");
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->replayed);
  EXPECT_NE(again->message.deleted_at_ms, 0);
}

TEST_F(MessagesTest, TheRateLimitHoldsBackOnlyWhatIsNew) {
  const auto refusal = error(ErrorCode::kRateLimited, "wait");
  ASSERT_TRUE(say(ann, room, "once", "n1"));
  EXPECT_TRUE(send({ann.id, room, "once", "n1", {}, {}}, refusal));
  EXPECT_EQ(send({ann.id, room, "new", "n2", {}, {}}, refusal).error().code,
            ErrorCode::kRateLimited);
}

TEST_F(MessagesTest, FingerprintsTellFieldsApart) {
  const SendRequest one{ann.id, room, "ab", "n", {}, "c"}, two{ann.id, room, "a", "n", {}, "bc"};
  EXPECT_NE(fingerprint(one), fingerprint(two));
  EXPECT_EQ(fingerprint(one), fingerprint(one));
  EXPECT_EQ(fingerprint(one).size(), 32u);
  // FNV-1a's reference value: what is stored must not change with a compiler or a version.
  EXPECT_EQ(fingerprint({{}, RoomId(1), "", "", MessageId(2), ""}),
            fingerprint({UserId(9), RoomId(1), "", "x", MessageId(2), ""}));
}

TEST_F(MessagesTest, AReplyNeedsAMessageOfTheRoom) {
  const auto first = say(ann, room, "first");
  const auto elsewhere = say(ann, make_room(ann), "elsewhere");
  EXPECT_EQ(send({bob.id, room, "re", "", first->message.id, {}})->message.reply_to,
            first->message.id);
  const auto refused = send({bob.id, room, "re", "", elsewhere->message.id, {}});
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidFields);
  EXPECT_TRUE(refused.error().fields.contains("reply_to"));
}

TEST_F(MessagesTest, WhoMaySend) {
  EXPECT_EQ(say(eve, room, "hi").error().code, ErrorCode::kNotAMember);
  EXPECT_EQ(say(eve, RoomId(1), "hi").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(say(eve, make_room(ann, Visibility::kPrivate), "hi").error().code,
            ErrorCode::kNotFound);
  ASSERT_TRUE(give_role(ann, room, bob, Role::kReader));
  EXPECT_EQ(say(bob, room, "hi").error().code, ErrorCode::kForbidden);
}

TEST_F(MessagesTest, OnlyTheAuthorEdits) {
  const auto sent = say(bob, room, "hello");
  const auto before = head();
  EXPECT_EQ(edit(ann, sent->message.id, "no").error().code, ErrorCode::kForbidden);
  EXPECT_EQ(edit(eve, sent->message.id, "no").error().code, ErrorCode::kNotAMember);
  EXPECT_EQ(edit(bob, MessageId(999), "no").error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(edit(bob, sent->message.id, "hello"));
  EXPECT_EQ(head(), before) << "the same text again changes nothing";
  const auto edited = edit(bob, sent->message.id, "better");
  ASSERT_TRUE(edited);
  EXPECT_EQ(edited->edited_at_ms, now_ms_);
  const auto events = events_after(before);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0]["type"], "message.updated");
  EXPECT_EQ(events[0]["data"]["text"], "better");
  EXPECT_EQ(events[0]["data"]["seq"], sent->message.seq);
}

TEST_F(MessagesTest, ADeletedMessageIsATombstone) {
  const auto sent = send({bob.id, room, "secret @ann", "n", {}, R"({"k":"secret"})"});
  const auto id = sent->message.id;
  const auto before = head();
  ASSERT_TRUE(erase(bob, id));
  ASSERT_TRUE(erase(bob, id)) << "again is no mistake";
  const auto events = events_after(before);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0]["type"], "message.deleted");
  EXPECT_EQ(protocol::dump(events[0]).find("secret"), std::string::npos);
  const auto left = look([&](auto& view) { return read_message(view, ann.id, room, id); });
  EXPECT_NE(left->deleted_at_ms, 0);
  EXPECT_TRUE(left->text.empty() && left->metadata.empty());
  EXPECT_EQ(edit(bob, id, "back").error().code, ErrorCode::kConflict);
}

TEST_F(MessagesTest, ModeratorsDeleteWhatOthersSaid) {
  const auto of_ann = say(ann, room, "a"), of_bob = say(bob, room, "b");
  EXPECT_EQ(erase(bob, of_ann->message.id).error().code, ErrorCode::kForbidden);
  ASSERT_TRUE(give_role(ann, room, bob, Role::kModerator));
  EXPECT_TRUE(erase(bob, of_ann->message.id));
  EXPECT_TRUE(erase(ann, of_bob->message.id));
}

TEST_F(MessagesTest, HistoryIsForMembers) {
  say(ann, room, "a");
  const auto page = [&](const User& user, RoomId where) {
    return look([&](auto& view) { return read_history(view, user.id, where, {}); });
  };
  EXPECT_EQ(page(bob, room)->messages.size(), 1u);
  EXPECT_EQ(page(eve, room).error().code, ErrorCode::kNotAMember);
  EXPECT_EQ(page(eve, make_room(ann, Visibility::kPrivate)).error().code, ErrorCode::kNotFound);
}

TEST_F(MessagesTest, ReactionsAreIdempotentAndCounted) {
  const auto id = say(ann, room, "a")->message.id;
  const auto before = head();
  const auto react = [&](const User& user, const char* emoji) {
    return run([&](auto& tx) { return add_reaction(tx, user.id, room, id, emoji, ++now_ms_); });
  };
  ASSERT_TRUE(react(ann, "👍"));
  ASSERT_TRUE(react(ann, "👍"));
  ASSERT_TRUE(react(bob, "👍"));
  EXPECT_EQ(react(eve, "👍").error().code, ErrorCode::kNotAMember);
  const auto remove = [&] {
    return run([&](auto& tx) { return remove_reaction(tx, bob.id, room, id, "👍", ++now_ms_); });
  };
  ASSERT_TRUE(remove());
  ASSERT_TRUE(remove());
  const auto events = events_after(before);
  ASSERT_EQ(types_after(before),
            (std::vector<std::string>{"reaction.added", "reaction.added", "reaction.removed"}));
  EXPECT_EQ(events[1]["data"]["count"], 2);
  EXPECT_EQ(events[1]["data"]["user_id"], protocol::to_wire(bob.id));
  EXPECT_EQ(events[2]["data"]["count"], 1);
  const auto seen = look([&](auto& view) { return read_message(view, ann.id, room, id); });
  ASSERT_EQ(seen->reactions.size(), 1u);
  EXPECT_TRUE(seen->reactions[0].me);
}

TEST_F(MessagesTest, AMessageHasAtMost50DifferentReactions) {
  const auto id = say(ann, room, "a")->message.id;
  const auto react = [&](int n) {
    return run(
        [&](auto& tx) { return add_reaction(tx, ann.id, room, id, std::to_string(n), ++now_ms_); });
  };
  for (int n = 0; n < 50; ++n) ASSERT_TRUE(react(n));
  EXPECT_EQ(react(50).error().code, ErrorCode::kConflict);
  EXPECT_TRUE(react(49));
}

TEST_F(MessagesTest, ReadingGoesForwardOnlyAndTellsOnlyTheReader) {
  const auto first = say(ann, room, "1")->message.id, second = say(ann, room, "2")->message.id;
  const auto before = head();
  const auto read = [&](MessageId id) {
    return run([&](auto& tx) { return mark_read(tx, bob.id, room, id, ++now_ms_); });
  };
  ASSERT_TRUE(read(second));
  ASSERT_TRUE(read(first));
  ASSERT_TRUE(read(second));
  EXPECT_EQ(read(MessageId(999)).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(types_after(before), std::vector<std::string>{"read.updated"});
  const auto seen_by = [&](const User& user) {
    return look([&](auto& view) { return view.page(user.id, before, {10, 10'000}).events.size(); });
  };
  EXPECT_EQ(seen_by(bob), 1u);
  EXPECT_EQ(seen_by(ann), 0u);
}

}  // namespace
}  // namespace fairlead::chat
