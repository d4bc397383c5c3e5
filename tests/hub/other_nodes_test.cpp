// What a hub tells the other nodes, and what it does when they tell it something.
#include <gmock/gmock.h>

#include "tests/hub/shard_fixture.h"

namespace fairlead::hub {
namespace {

class OtherNodesTest : public ShardTest {
 protected:
  void SetUp() override {
    ShardTest::SetUp();
    hub_->set_others({[this](const Ephemeral& event) { announced_.push_back(*event.json); },
                      [this](const std::string& session) { here_.push_back(session); },
                      [this](UserId, const std::string& session, const std::string&) {
                        proofs_.push_back(session);
                        return others_may_know_;
                      }});
  }
  ShardSettings settings() const override {
    auto settings = ShardTest::settings();
    settings.proofs_arrive = [this] { return proofs_arrive_; };
    return settings;
  }
  // A session that has polled once, and is parked.
  Session* polled(const OpenRequest& asked, FakeTransport& to) {
    auto* session = shard_->poll(asked, &to);
    pump_until([&] { return session->state == Session::State::kLive; });
    shard_->answered(session);
    return session;
  }
  // A session that has been asked for its word, and has not given it.
  Session* unproven(FakeTransport& to) {
    auto asked = request(ann_);
    asked.probe = true;
    auto* session = shard_->open(asked, &to);
    pump_until([&] { return !to.taken.empty(); });
    return session;
  }
  std::optional<ErrorCode> prove(const std::string& session, const std::string& word) {
    std::optional<Result<void>> answer;
    hub_->prove(ann_, session, word, [&](Result<void> result) { answer = std::move(result); });
    pump_until([&] { return answer.has_value(); });
    return *answer ? std::nullopt : std::optional(answer->error().code);
  }

  std::vector<std::string> announced_, here_, proofs_;
  bool others_may_know_ = true;
  bool proofs_arrive_ = true;
};

TEST_F(OtherNodesTest, WhatIsAnnouncedGoesToThemAndToTheSessionsHere) {
  create_room(room_, ann_);
  FakeTransport to;
  open(to, ann_);
  hub_->announce(Ephemeral{{room_}, {}, make_bytes(R"({"type":"typing"})")});
  pump_until([&] { return to.types().back() == "typing"; });
  EXPECT_THAT(announced_, testing::ElementsAre(R"({"type":"typing"})"));
  hub_->deliver(Ephemeral{{room_}, {}, make_bytes(R"({"type":"presence"})")});
  pump_until([&] { return to.types().back() == "presence"; });
  EXPECT_EQ(announced_.size(), 1U) << "what came from them does not go back to them";
}

TEST_F(OtherNodesTest, TheyAreToldOfSessionsThatWereBefore) {
  create_room(room_, ann_);
  FakeTransport fresh, back;
  open(fresh, ann_);
  EXPECT_TRUE(here_.empty());
  open(back, ann_, cursor_now(), "s_known");
  EXPECT_THAT(here_, testing::ElementsAre("s_known"));
}

TEST_F(OtherNodesTest, ASessionWhoseClientIsElsewhereNowEnds) {
  create_room(room_, ann_);
  FakeTransport to;
  open(to, ann_, cursor_now(), "s_known");
  clock_.advance(std::chrono::milliseconds(50));
  hub_->end_if_older("s_known", clock_.wall_us());
  pump_until([&] { return to.ended; });
  EXPECT_EQ(to.reason, EndReason::kTakenOver);
  EXPECT_EQ(hub_->find("s_known"), nullptr);
}

TEST_F(OtherNodesTest, HoweverLongItHasBeenHere) {
  create_room(room_, ann_);
  for (const auto days : {25, 50}) {
    FakeTransport to;
    open(to, ann_, cursor_now(), "s_known");
    hub_->end_if_older("s_known", clock_.wall_us() + days * 86'400'000'000LL);
    pump_until([&] { return to.ended; });
    EXPECT_EQ(to.reason, EndReason::kTakenOver);
  }
}

TEST_F(OtherNodesTest, OneWhoseClientHasComeBackMeanwhileGoesOn) {
  create_room(room_, ann_);
  FakeTransport to;
  const auto when_it_was_elsewhere = clock_.wall_us();
  clock_.advance_us(50);  // on one host, a client can be so fast
  open(to, ann_, cursor_now(), "s_known");
  hub_->end_if_older("s_known", when_it_was_elsewhere);
  hub_->end_if_older("s_unknown", clock_.wall_us());
  note(room_, 1);
  EXPECT_FALSE(to.ended);
  EXPECT_EQ(to.notes(), one_to(1));
}

TEST_F(OtherNodesTest, TheSameForAPollBetweenTwo) {
  create_room(room_, ann_);
  FakeTransport first(TransportKind::kPoll), second(TransportKind::kPoll);
  auto asked = request(ann_, "s_known");
  asked.cursor = cursor_now();
  auto* session = polled(asked, first);
  ASSERT_EQ(session->state, Session::State::kParked);
  const auto between = clock_.wall_us() + 1;
  clock_.advance(std::chrono::milliseconds(5));
  session = shard_->poll(asked, &second);
  hub_->end_if_older("s_known", between);  // late: its client has polled since
  shard_->run_mailbox();
  ASSERT_NE(hub_->find("s_known"), nullptr);
  shard_->answered(session);
  hub_->end_if_older("s_known", clock_.wall_us() + 1);
  shard_->run_mailbox();
  EXPECT_EQ(hub_->find("s_known"), nullptr);
  EXPECT_EQ(presence_.closed, 1);
}

TEST_F(OtherNodesTest, APollThatCameBackBeforeTheNewsOfItsMoveIsPresentHere) {
  create_room(room_, ann_);
  FakeTransport first(TransportKind::kPoll), second(TransportKind::kPoll);
  auto asked = request(ann_, "s_known");
  asked.cursor = cursor_now();
  polled(asked, first);
  clock_.advance(std::chrono::milliseconds(5));
  const auto elsewhere = clock_.wall_us();  // there it took the place in the map
  clock_.advance(std::chrono::milliseconds(5));
  shard_->poll(asked, &second);
  const auto before = presence_.opened;
  hub_->end_if_older("s_known", elsewhere);
  shard_->run_mailbox();
  EXPECT_FALSE(second.ended);
  EXPECT_EQ(presence_.opened, before + 1);
}

// The follower's news: the log was pruned before this node, which was stopped, had read it.
TEST_F(OtherNodesTest, WhoseEventsGotLostComeBackAndAreTold) {
  create_room(room_, ann_);
  note(room_, 1);
  FakeTransport to, poll(TransportKind::kPoll);
  open(to, ann_);
  const auto cursor = cursor_now();
  auto asked = request(ann_, "s_poll");
  asked.cursor = cursor;
  polled(asked, poll);
  write_elsewhere([&](store::Transaction& tx) {
    tx.remove_member(
        room_, ann_,
        tx.append({"member.left", room_, {}, store::EventKind::kMemberLeft, ann_, 1, "{}"})
            ->position);
    tx.append({"note", room_, {}, store::EventKind::kPlain, {}, 1, "{\"n\":2}"});
  });
  write_elsewhere([&](store::Transaction& tx) { tx.prune(1'000, 100); });
  hub_->begin_anew(head());
  pump_until([&] { return to.ended; });
  EXPECT_EQ(hub_->stats().sessions + hub_->stats().parked, 0u);
  note(room_, 3);  // she must not see it any more
  FakeTransport back, now;
  open(back, ann_, cursor);
  open(now, ann_);
  EXPECT_EQ(back.events().front().at("resume"), "reset");
  create_room(other_room_, ann_);
  pump_until([&] { return now.types().back() == "member.joined"; });
  EXPECT_TRUE(now.notes().empty());
}

TEST_F(OtherNodesTest, AProofForASessionThatIsNotHereGoesToThem) {
  EXPECT_EQ(prove("s_elsewhere", "word"), std::nullopt);
  EXPECT_THAT(proofs_, testing::ElementsAre("s_elsewhere"));
  others_may_know_ = false;
  EXPECT_EQ(prove("s_nowhere", "word"), ErrorCode::kNotFound);
}

// The session has moved, and the news of that is not here yet.
TEST_F(OtherNodesTest, AWordOfAnotherHelloGoesToThemIfTheyMayHaveSaidIt) {
  create_room(room_, ann_);
  FakeTransport to(TransportKind::kSse);
  auto* session = unproven(to);
  EXPECT_EQ(prove(std::string(session->id), "another"), std::nullopt);
  EXPECT_THAT(proofs_, testing::ElementsAre(std::string(session->id)));
  EXPECT_FALSE(session->proven);
  hub_->prove_here(ann_, std::string(session->id), "another");
  shard_->run_mailbox();
  EXPECT_EQ(proofs_.size(), 1U) << "what came from them does not go back to them";
  others_may_know_ = false;
  EXPECT_EQ(prove(std::string(session->id), "another"), ErrorCode::kBadRequest);
}

// Between the look-up and the shard's turn the session moves.
TEST_F(OtherNodesTest, AProofForASessionThatLeftAMomentAgoGoesToThem) {
  create_room(room_, ann_);
  FakeTransport to(TransportKind::kSse);
  auto* session = open(to, ann_);
  const std::string id(session->id);
  std::optional<Result<void>> answer;
  hub_->prove(ann_, id, "word", [&](Result<void> result) { answer = std::move(result); });
  shard_->end(session, EndReason::kTakenOver);
  pump_until([&] { return answer.has_value(); });
  EXPECT_TRUE(answer->has_value());
  EXPECT_THAT(proofs_, testing::ElementsAre(id));
}

TEST_F(OtherNodesTest, AProofThatTheyWereGivenCounts) {
  create_room(room_, ann_);
  FakeTransport to(TransportKind::kSse);
  auto* session = unproven(to);
  hub_->prove_here(bob_, std::string(session->id), session->probe_word());
  shard_->run_mailbox();
  EXPECT_FALSE(session->proven) << "somebody else's";
  hub_->prove_here(ann_, std::string(session->id), session->probe_word());
  shard_->run_mailbox();
  EXPECT_TRUE(session->proven);
  EXPECT_TRUE(proofs_.empty());
}

TEST_F(OtherNodesTest, WhileProofsDoNotArriveNobodyIsEndedForWantOfOne) {
  create_room(room_, ann_);
  FakeTransport sse(TransportKind::kSse), ws;
  auto asked = request(ann_);
  asked.probe = true;
  shard_->open(asked, &sse);
  asked = request(ann_);
  asked.probe = true;
  shard_->open(asked, &ws);
  pump_until([&] { return !sse.taken.empty() && !ws.taken.empty(); });
  proofs_arrive_ = false;
  tick_for(limits::kProbeTimeout / 10);
  proofs_arrive_ = true;
  tick_for(2 * limits::kProbeTimeout);
  EXPECT_TRUE(ws.ended) << "it would have come over this very connection";
  EXPECT_FALSE(sse.ended) << "it has given it perhaps, to a node that could tell nobody";
  FakeTransport later(TransportKind::kSse);
  asked = request(ann_);
  asked.probe = true;
  shard_->open(asked, &later);
  tick_for(2 * limits::kProbeTimeout);
  EXPECT_TRUE(later.ended);
  EXPECT_EQ(later.reason, EndReason::kUnproven);
}

}  // namespace
}  // namespace fairlead::hub
