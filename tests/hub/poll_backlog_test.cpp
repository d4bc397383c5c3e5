// Polls against everything that may come between one and the next; found by attacking them.
#include <future>

#include "hub/turn.h"
#include "tests/hub/shard_fixture.h"

namespace fairlead::hub {
namespace {

// Answers as a held poll does: with what there is, unless a page is on its way.
class BacklogPoll final : public Transport {
 public:
  explicit BacklogPoll(Shard& shard) : shard_(shard) {}
  TransportKind kind() const override { return TransportKind::kPoll; }
  Flush write(const Pending& pending, std::size_t& n) override {
    const bool live = session->state == Session::State::kLive;
    const bool full = session->outbox.frames() >= session->frames_max;
    if (pending.frames.empty() || (!live && session->reading && !full)) return Flush::kDone;
    n = pending.frames.size();
    taken = std::string(pending.frames);
    cursor = shard_.cursor_of(*session);
    return Flush::kAnswered;
  }
  void end(const Ending&, std::string_view, std::string_view) override { ended = true; }

  void poll(OpenRequest request) {
    taken.clear();
    Shard::Turn turn(shard_);
    session = shard_.poll(std::move(request), this);
  }

  Session* session = nullptr;
  std::string taken, cursor;
  bool ended = false;

 private:
  Shard& shard_;
};

class PollBacklogTest : public ShardTest {
 protected:
  void type() { hub_->deliver(Ephemeral{{room_}, {}, make_bytes(R"({"type":"typing"})")}); }
};

TEST_F(PollBacklogTest, ALimitReachedWhileAPageIsReadSkipsNothingOfIt) {
  create_room(room_, ann_);
  const auto start = cursor_now();
  notes(room_, 1, 5);
  shard_->close();
  make_shard();  // its tail has none of these
  FakeTransport keeps_memberships_loaded;
  open(keeps_memberships_loaded, ann_);
  BacklogPoll poll(*shard_);
  auto asked = request(ann_);
  asked.cursor = start;
  asked.frames_max = 1;
  poll.poll(std::move(asked));
  pump_until([&] { return poll.session->reading; });
  // The one reader has done that page when it answers this; news go before it.
  std::promise<void> read;
  readers_->submit<int>([](store::View&) -> Result<int> { return 0; },
                        [&](const Result<int>&) { read.set_value(); });
  read.get_future().wait();
  type();
  pump_until([&] { return !poll.taken.empty() || poll.ended; });
  EXPECT_EQ(poll.taken.find("\"n\":"), std::string::npos);
  EXPECT_EQ(poll.cursor, start) << "the cursor has passed events that were not given";
}

TEST_F(PollBacklogTest, KeptEphemeralEventsDoNotKeepAPollFromTheLog) {
  create_room(room_, ann_);
  BacklogPoll poll(*shard_);
  auto asked = request(ann_);
  const auto id = asked.session;
  asked.cursor = cursor_now();
  asked.session_is_new = false;
  asked.frames_max = 1;
  poll.poll(std::move(asked));
  note(room_, 1);
  pump_until([&] { return !poll.taken.empty(); });
  note(room_, 2);
  int given = 0;
  for (int i = 0; i < 50; ++i) {
    type();
    shard_->run_mailbox();
    auto next = request(ann_, id);
    next.cursor = poll.cursor;
    next.frames_max = 1;
    poll.poll(std::move(next));
    pump_until([&] { return !poll.taken.empty(); });
    given += poll.taken.find("\"n\":2") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(given, 1);
}

TEST_F(PollBacklogTest, ANamelessSessionIsASpareOnce) {
  create_room(room_, ann_);
  const auto start = cursor_now();
  note(room_, 1);
  BacklogPoll poll(*shard_);
  auto asked = request(ann_);
  asked.cursor = start;
  poll.poll(std::move(asked));
  pump_until([&] { return !poll.taken.empty(); });
  auto* session = poll.session;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_NE(shard_->poll_again(session->key, session->uses, start, &poll), nullptr);
    pump_until([&] { return session->state == Session::State::kParked; });
  }
  EXPECT_EQ(session->user->spares->size(), 1u);
}

TEST_F(PollBacklogTest, NewsMoveOnThoughATurnHasWorkedLongBeforeThem) {
  create_room(room_, ann_);
  FakeTransport to;
  open(to, ann_);
  commit_with([this](store::Transaction& tx) {
    tx.append({"note", room_, {}, store::EventKind::kPlain, {}, 1, R"({"n":1})"});
  });
  for (int i = 0; i < 3; ++i) {  // as the engine does it: the connections' events, then the wake-up's
    Shard::Turn turn(*shard_);
    clock_.advance(std::chrono::milliseconds(10));
    shard_->run_mailbox();
  }
  EXPECT_EQ(to.notes(), one_to(1));
}

}  // namespace
}  // namespace fairlead::hub
