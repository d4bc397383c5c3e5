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
  hub_->end_if_older("s_known", clock_.wall_ms());
  pump_until([&] { return to.ended; });
  EXPECT_EQ(to.reason, EndReason::kTakenOver);
  EXPECT_EQ(hub_->find("s_known"), nullptr);
}

TEST_F(OtherNodesTest, OneWhoseClientHasComeBackMeanwhileGoesOn) {
  create_room(room_, ann_);
  FakeTransport to;
  const auto when_it_was_elsewhere = clock_.wall_ms();
  clock_.advance(std::chrono::milliseconds(5));
  open(to, ann_, cursor_now(), "s_known");
  hub_->end_if_older("s_known", when_it_was_elsewhere);
  hub_->end_if_older("s_unknown", clock_.wall_ms());
  note(room_, 1);
  EXPECT_FALSE(to.ended);
  EXPECT_EQ(to.notes(), one_to(1));
}

TEST_F(OtherNodesTest, TheSameForAPollBetweenTwo) {
  create_room(room_, ann_);
  FakeTransport first(TransportKind::kPoll), second(TransportKind::kPoll);
  auto asked = request(ann_, "s_known");
  asked.cursor = cursor_now();
  auto* session = shard_->poll(asked, &first);
  pump_until([&] { return session->state == Session::State::kLive; });
  shard_->answered(session);
  ASSERT_EQ(session->state, Session::State::kParked);
  const auto between = clock_.wall_ms() + 1;
  clock_.advance(std::chrono::milliseconds(5));
  session = shard_->poll(asked, &second);
  hub_->end_if_older("s_known", between);  // late: its client has polled since
  shard_->run_mailbox();
  ASSERT_NE(hub_->find("s_known"), nullptr);
  shard_->answered(session);
  hub_->end_if_older("s_known", clock_.wall_ms() + 1);
  shard_->run_mailbox();
  EXPECT_EQ(hub_->find("s_known"), nullptr);
  EXPECT_EQ(presence_.closed, presence_.opened);
}

TEST_F(OtherNodesTest, AProofForASessionThatIsNotHereGoesToThem) {
  EXPECT_EQ(prove("s_elsewhere", "word"), std::nullopt);
  EXPECT_THAT(proofs_, testing::ElementsAre("s_elsewhere"));
  others_may_know_ = false;
  EXPECT_EQ(prove("s_nowhere", "word"), ErrorCode::kNotFound);
}

TEST_F(OtherNodesTest, AProofThatTheyWereGivenCounts) {
  create_room(room_, ann_);
  FakeTransport to(TransportKind::kSse);
  auto asked = request(ann_);
  asked.probe = true;
  auto* session = shard_->open(asked, &to);
  pump_until([&] { return !to.taken.empty(); });
  hub_->prove_here(bob_, session->id, session->probe_word());
  shard_->run_mailbox();
  EXPECT_FALSE(session->proven) << "somebody else's";
  hub_->prove_here(ann_, session->id, session->probe_word());
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
  tick_for(2 * limits::kProbeTimeout);
  EXPECT_TRUE(ws.ended) << "it would have come over this very connection";
  EXPECT_FALSE(sse.ended);
  proofs_arrive_ = true;
  tick_for(2 * limits::kProbeTimeout);
  EXPECT_TRUE(sse.ended);
  EXPECT_EQ(sse.reason, EndReason::kUnproven);
}

}  // namespace
}  // namespace fairlead::hub
