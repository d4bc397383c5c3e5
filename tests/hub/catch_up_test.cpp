// Many sessions that missed the same, and are given it from the tail.
#include <gmock/gmock.h>

#include <deque>

#include "tests/hub/shard_fixture.h"

namespace fairlead::hub {
namespace {

// Remembers where the bytes lay that it was given.
class Taker final : public Transport {
 public:
  explicit Taker(TransportKind kind = TransportKind::kWebSocket) : inner(kind) {}
  TransportKind kind() const override { return inner.kind(); }
  Flush write(const Pending& pending, std::size_t& n) override {
    if (pending.frames.size() > 10'000) lay_at.push_back(pending.frames.data());
    if (takes_half && pending.frames.size() > 10'000) {
      auto half = pending;
      half.frames = {};
      for (auto rest = pending.frames; half.frames.size() < pending.frames.size() / 2;) {
        const auto size = inner.first_frame(rest);
        half.frames = pending.frames.substr(0, half.frames.size() + size);
        rest.remove_prefix(size);
      }
      inner.write(half, n);
      return Flush::kBlocked;
    }
    return inner.write(pending, n);
  }
  void end(const Ending& ending, std::string_view unsent, std::string_view bye) override {
    inner.end(ending, unsent, bye);
  }

  FakeTransport inner;
  std::vector<const char*> lay_at;
  bool takes_half = false;
};

class CatchUpTest : public ShardTest {
 protected:
  Session* come(Taker& taker, UserId user, const std::string& cursor,
                std::vector<RoomId> rooms = {}) {
    auto asked = request(user);
    asked.cursor = cursor;
    asked.rooms = std::move(rooms);
    return shard_->open(std::move(asked), &taker);
  }
  // So many are here that what they missed is framed for all of them.
  void crowd(RoomId room) {
    for (int i = 0; i < 64; ++i) {
      auto& taker = crowd_.emplace_back();
      come(taker, ann_, cursor_now(), {room});
      pump_until([&] { return !taker.inner.taken.empty(); });
    }
  }
  void expect_notes(const Taker& taker, int from, int to) {
    pump_until([&] { return !taker.inner.notes().empty() && taker.inner.notes().back() == to; });
    std::vector<int> all(static_cast<std::size_t>(to - from + 1));
    std::iota(all.begin(), all.end(), from);
    EXPECT_EQ(taker.inner.notes(), all);
  }

 private:
  std::deque<Taker> crowd_;
};

TEST_F(CatchUpTest, WhoMissedTheSameIsGivenTheSameBytes) {
  create_room(room_, ann_);
  join(room_, bob_);
  const auto cursor = cursor_now();
  notes(room_, 1, 1000);
  crowd(room_);
  for (const auto kind : {TransportKind::kWebSocket, TransportKind::kSse}) {
    Taker first(kind), second(kind);
    come(first, ann_, cursor);
    come(second, bob_, cursor);
    expect_notes(first, 1, 1000);
    expect_notes(second, 1, 1000);
    EXPECT_GE(first.lay_at.size(), 3U);
    EXPECT_EQ(first.lay_at, second.lay_at);
  }
}

TEST_F(CatchUpTest, WhoTakesPartOfItGoesOnWhereItStopped) {
  create_room(room_, ann_);
  const auto cursor = cursor_now();
  notes(room_, 1, 500);
  crowd(room_);
  Taker slow, quick;
  slow.takes_half = true;
  auto* session = come(slow, ann_, cursor);
  come(quick, ann_, cursor);
  expect_notes(quick, 1, 500);
  EXPECT_LT(slow.inner.notes().size(), 250U);
  notes(room_, 501, 600);
  while (slow.inner.notes().back() < 600) {
    shard_->writable(session);
    turn();
  }
  expect_notes(slow, 1, 600);
  expect_notes(quick, 1, 600);
}

TEST_F(CatchUpTest, WhatIsNotForASessionIsLeftOut) {
  create_room(room_, ann_);
  create_room(other_room_, ann_);
  const auto cursor = cursor_now();
  notes(room_, 1, 100);
  join(room_, bob_);
  notes(other_room_, 101, 200);
  notes(room_, 201, 300);
  join(room_, eve_);
  leave(room_, bob_);
  notes(room_, 301, 400);
  crowd(room_);
  crowd(other_room_);
  Taker all, one_room, left, joined;
  come(all, ann_, cursor);
  come(one_room, ann_, cursor, {other_room_});
  come(left, bob_, cursor);
  come(joined, eve_, cursor);
  expect_notes(all, 1, 400);
  expect_notes(one_room, 101, 200);
  expect_notes(joined, 301, 400);
  EXPECT_THAT(left.inner.types(), testing::ElementsAre("hello", "member.left"));
}

TEST_F(CatchUpTest, WhatComesInBetweenForOthersDoesNotMatter) {
  create_room(room_, ann_);
  create_room(other_room_, eve_);
  join(room_, bob_);
  join(room_, eve_);
  const auto cursor = cursor_now();
  for (int n = 1; n <= 300; ++n) note(n % 3 == 0 ? other_room_ : room_, n);
  crowd(room_);
  Taker first, second, both;
  come(first, ann_, cursor);
  come(both, eve_, cursor);
  come(second, bob_, cursor);
  expect_notes(both, 1, 300);
  pump_until([&] { return second.inner.notes().size() == 200; });
  EXPECT_EQ(first.inner.notes(), second.inner.notes());
  EXPECT_THAT(first.inner.notes(), testing::Each(testing::Truly([](int n) { return n % 3 != 0; })));
  EXPECT_FALSE(first.lay_at.empty());
  EXPECT_EQ(first.lay_at, second.lay_at);
}

}  // namespace
}  // namespace fairlead::hub
