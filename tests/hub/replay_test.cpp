#include "hub/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <functional>

#include "hub/frames.h"

namespace fairlead::hub {
namespace {

constexpr MonoTime kNow{};

class ReplayTest : public ::testing::Test {
 protected:
  store::Event& add(RoomId room, std::size_t bytes = 50) {
    auto event = std::make_shared<store::Event>();
    event->position = LogPosition(tail_.head().value() + 1);
    event->room = room;
    event->cursor = "c" + std::to_string(event->position.value());
    event->json = "{\"n\":" + std::to_string(event->position.value()) + ",\"pad\":\"" +
                  std::string(bytes, 'x') + "\"}";
    auto& added = *event;
    events_.push_back(event);
    tail_.append(std::move(event));
    return added;
  }
  void add(std::size_t count, RoomId room, std::size_t bytes = 50) {
    for (std::size_t i = 0; i < count; ++i) add(room, bytes);
  }
  // The frames of the events (first, last], each for itself.
  std::string framed(std::int64_t first, std::int64_t last, WireForm form) const {
    std::string bytes;
    for (auto i = first; i < last; ++i) {
      add_shared_frame(bytes, *events_[static_cast<std::size_t>(i)], form);
    }
    return bytes;
  }
  Replay::Piece after(std::int64_t position, WireForm form = WireForm::kSse,
                      MonoTime now = kNow) {
    return replay_.after(LogPosition(position), room_, form, now);
  }
  static std::string bytes(const Replay::Piece& piece) {
    return piece.part.run->bytes.substr(piece.part.begin, piece.part.bytes());
  }

  const RoomId room_{1}, other_{2};
  log::Tail tail_;
  std::vector<std::shared_ptr<store::Event>> events_;
  Replay replay_{tail_};
};

TEST_F(ReplayTest, ManyEventsOfARoomAreFramedOnceForAll) {
  add(100, room_, /*bytes=*/300);
  for (const auto form : {WireForm::kWebSocket, WireForm::kWebSocketDeflated, WireForm::kSse}) {
    const auto piece = after(0, form);
    ASSERT_EQ(piece.frames, 100U);
    EXPECT_EQ(piece.last, LogPosition(100));
    EXPECT_EQ(piece.last_in_room, LogPosition(100));
    EXPECT_TRUE(piece.other_rooms.empty());
    EXPECT_TRUE(piece.other_users.empty());
    EXPECT_EQ(bytes(piece), framed(0, 100, form));
    EXPECT_EQ(after(0, form).part.run, piece.part.run);
  }
}

TEST_F(ReplayTest, WhoComesFromWithinGetsTheRestOfTheSame) {
  add(100, room_);
  const auto* run = after(0).part.run;
  const auto piece = after(37);
  ASSERT_EQ(piece.frames, 63U);
  EXPECT_EQ(piece.part.run, run);
  EXPECT_EQ(bytes(piece), framed(37, 100, WireForm::kSse));
}

TEST_F(ReplayTest, WhoComesFromBeforeGetsWhatLeadsUpToIt) {
  add(200, room_);
  const auto* later = after(100).part.run;
  const auto piece = after(50);
  ASSERT_EQ(piece.frames, 50U);
  EXPECT_NE(piece.part.run, later);
  EXPECT_EQ(bytes(piece), framed(50, 100, WireForm::kSse));
  EXPECT_EQ(after(100).part.run, later);
}

TEST_F(ReplayTest, GrowsWithTheLogThoughItIsHeld) {
  add(40, room_);
  Outbox held;
  const auto before = after(0);
  held.add(before.part, before.frames);
  const auto first = framed(0, 40, WireForm::kSse);
  EXPECT_EQ(after(35).frames, 0U);
  add(60, room_);
  EXPECT_EQ(bytes(after(0)), first);
  EXPECT_EQ(bytes(after(40)), framed(40, 100, WireForm::kSse));
  EXPECT_EQ(bytes(after(0)), framed(0, 100, WireForm::kSse));
  EXPECT_EQ(held.pending(), first);
}

TEST_F(ReplayTest, AFewAreNotWorthItUntilMoreHaveCome) {
  add(Replay::kFramesMin - 1, room_);
  EXPECT_EQ(after(0).frames, 0U);
  EXPECT_EQ(after(0).last, tail_.head());
  add(Replay::kFramesMin, room_);
  const auto end = static_cast<std::int64_t>(Replay::kFramesMin) - 1;
  EXPECT_EQ(bytes(after(end)), framed(end, tail_.head().value(), WireForm::kSse));
}

TEST_F(ReplayTest, WhereSomebodyComesOrGoesAPieceEnds) {
  using Kind = store::EventKind;
  for (const auto kind : {Kind::kMemberJoined, Kind::kMemberLeft, Kind::kRoomDeleted}) {
    const auto begin = tail_.head().value();
    add(50, room_);
    add(room_).kind = kind;
    add(50, room_);
    EXPECT_EQ(after(begin).frames, 50U);
    EXPECT_EQ(after(begin).last, LogPosition(begin + 50));
    EXPECT_EQ(after(begin + 51).frames, 50U);
  }
}

TEST_F(ReplayTest, WhatIsForOthersIsLeftOutAndNamed) {
  add(20, room_);
  add(30, other_);
  add(room_).only_for = UserId(3);
  add(other_).only_for = UserId(4);
  add(RoomId());  // for nobody
  add(other_).kind = store::EventKind::kMemberJoined;
  add(80, room_);
  add(5, other_);
  const auto piece = after(0);
  ASSERT_EQ(piece.frames, 100U);
  EXPECT_EQ(bytes(piece),
            framed(0, 20, WireForm::kSse) + framed(54, 134, WireForm::kSse));
  EXPECT_THAT(piece.other_rooms, testing::UnorderedElementsAre(other_, RoomId()));
  EXPECT_THAT(piece.other_users, testing::UnorderedElementsAre(UserId(3), UserId(4)));
  EXPECT_EQ(piece.last_in_room, LogPosition(134));
  EXPECT_EQ(piece.last, LogPosition(139));
  EXPECT_EQ(bytes(after(54)), framed(54, 134, WireForm::kSse));
}

TEST_F(ReplayTest, ManyOthersEndAPiece) {
  for (int i = 0; i < 100; ++i) {
    add(room_);
    add(RoomId(100 + i));
  }
  const auto end = 2 * static_cast<std::int64_t>(Replay::kOthersMax);
  auto piece = after(0);
  EXPECT_EQ(piece.frames, Replay::kOthersMax + 1);
  EXPECT_EQ(piece.last, LogPosition(end + 1));
  EXPECT_EQ(after(piece.last.value() + 1).frames, Replay::kOthersMax + 1);
}

TEST_F(ReplayTest, EachRoomHasItsOwn) {
  for (int i = 0; i < 100; ++i) add(i % 2 == 0 ? room_ : other_);
  const auto mine = after(0);
  const auto theirs = replay_.after(LogPosition(1), other_, WireForm::kSse, kNow);
  EXPECT_EQ(mine.frames, 50U);
  EXPECT_EQ(theirs.frames, 50U);
  EXPECT_NE(mine.part.run, theirs.part.run);
  EXPECT_THAT(theirs.other_rooms, testing::ElementsAre(room_));
}

TEST_F(ReplayTest, APieceIsBoundedInEventsAndBytes) {
  add(Replay::kFramesMax + 50, room_);
  EXPECT_EQ(after(0).frames, Replay::kFramesMax);
  EXPECT_EQ(after(Replay::kFramesMax).frames, 50U);
  const auto begin = tail_.head().value();
  add(100, room_, 2000);
  const auto piece = after(begin);
  EXPECT_LT(piece.frames, 100U);
  EXPECT_LT(piece.part.bytes(), Replay::kPieceBytesMax + 3000);
}

TEST_F(ReplayTest, TheOldestGoFirstUnlessTheyAreHeld) {
  constexpr std::size_t kPieces = Replay::kBytesMax / Replay::kPieceBytesMax + 10;
  const auto each = Replay::kPieceBytesMax / Replay::kFramesMin;  // bytes of an event
  add(kPieces * (Replay::kFramesMin + 1), room_, each);
  Outbox held;
  const auto first = after(0);
  held.add(first.part, first.frames);
  const std::string before(held.pending());
  for (auto at = first.last; at < tail_.head();) {
    const auto piece = after(at.value());
    EXPECT_LT(replay_.bytes(), Replay::kBytesMax + Replay::kPieceBytesMax + 2 * each);
    at = piece.last;
  }
  EXPECT_EQ(held.pending(), before);
  EXPECT_EQ(after(0).part.run, first.part.run);
}

TEST_F(ReplayTest, NothingIsSharedWhileAllThatMayBeKeptIsHeld) {
  const auto each = Replay::kPieceBytesMax / Replay::kFramesMin;
  add(2 * Replay::kBytesMax / each, room_, each);
  std::deque<Outbox> held;
  auto at = LogPosition(0);
  while (replay_.bytes() < Replay::kBytesMax) {
    const auto piece = after(at.value());
    ASSERT_GT(piece.frames, 0U);
    held.emplace_back().add(piece.part, piece.frames);
    at = piece.last;
  }
  EXPECT_EQ(after(at.value()).frames, 0U);
  EXPECT_EQ(after(at.value()).last, tail_.head());
  held.clear();
  EXPECT_GT(after(at.value()).frames, 0U);
}

TEST_F(ReplayTest, WhatNobodyAsksForIsForgotten) {
  add(100, room_);
  const auto piece = after(0);
  {
    Outbox held;
    held.add(piece.part, piece.frames);
    replay_.tidy(kNow + Replay::kLife);
    EXPECT_GT(replay_.bytes(), 0U);
  }
  after(10, WireForm::kSse, kNow + Replay::kLife);
  replay_.tidy(kNow + Replay::kLife);
  EXPECT_GT(replay_.bytes(), 0U);
  replay_.tidy(kNow + 2 * Replay::kLife);
  EXPECT_EQ(replay_.bytes(), 0U);
}

}  // namespace
}  // namespace fairlead::hub
