#include "hub/outbox.h"

#include <gtest/gtest.h>

#include "hub/flush_queue.h"
#include "hub/runs.h"
#include "hub/session.h"

namespace fairlead::hub {
namespace {

RunPart write(Run& run, std::string_view bytes) {
  const auto begin = run.bytes.size();
  run.bytes += bytes;
  return {&run, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(run.bytes.size())};
}

TEST(Outbox, AStretchOfARunIsSharedUntilPartOfItHasLeft) {
  hub::Run run;
  Outbox ann, bob;
  const auto part = write(run, "first,second,");
  ann.add(part, 2);
  bob.add(part, 2);
  EXPECT_EQ(run.holders, 2u);
  EXPECT_EQ(ann.pending().data(), bob.pending().data());
  ann.take(ann.bytes());
  EXPECT_TRUE(ann.empty());
  bob.take(3);
  EXPECT_EQ(run.holders, 0u) << "a rest is the session's own";
  EXPECT_EQ(bob.pending(), "st,second,");
  EXPECT_EQ(bob.frames(), 2u);
}

TEST(Outbox, StretchesThatFollowEachOtherStayOne) {
  hub::Run run;
  Outbox box;
  box.add(write(run, "a"), 1);
  box.add(write(run, "b"), 1);
  EXPECT_EQ(box.pending(), "ab");
  EXPECT_EQ(run.holders, 1u);
  write(run, "for others");
  box.add(write(run, "c"), 1);
  EXPECT_EQ(box.pending(), "abc");
  EXPECT_EQ(run.holders, 0u);
  box.add("own");
  EXPECT_EQ(box.pending(), "abcown");
  EXPECT_EQ(box.bytes(), 6u);
  EXPECT_EQ(box.frames(), 4u);
}

TEST(Outbox, WhatIsLeftIsInOrderHoweverItIsTaken) {
  for (std::size_t step = 1; step < 40; ++step) {
    hub::Run run;
    Outbox box;
    std::string all, got;
    for (int i = 0; i < 50; ++i) {
      const auto frame = "frame " + std::to_string(i) + ";";
      all += frame;
      if (i % 3 == 0) {
        box.add(frame);
      } else {
        box.add(write(run, frame), 1);
      }
      if (i % 7 == 0) write(run, "not for it");
      const auto n = std::min(step, box.bytes());
      got += box.pending().substr(0, n);
      box.take(n);
    }
    got += box.pending();
    EXPECT_EQ(got, all) << step;
    box.take(box.bytes());
    EXPECT_TRUE(box.empty());
    EXPECT_EQ(box.frames(), 0u);
    EXPECT_EQ(run.holders, 0u);
  }
}

TEST(Outbox, NothingTakenOfAStretchMakesItTheSessionsOwn) {
  hub::Run run;
  Outbox box;
  box.add(write(run, "kept for later"), 1);
  box.take(0);  // a poll that lingers
  EXPECT_EQ(run.holders, 0u);
  EXPECT_EQ(box.pending(), "kept for later");
}

TEST(Outbox, AnOutboxThatGoesLetsGoOfItsRun) {
  hub::Run run;
  {
    Outbox box;
    box.add(write(run, "x"), 1);
    EXPECT_EQ(run.holders, 1u);
  }
  EXPECT_EQ(run.holders, 0u);
}

TEST(Runs, AFullRunStaysAsLongAsItIsHeld) {
  Runs runs;
  auto& first = runs.current(WireForm::kSse);
  Outbox box;
  box.add(write(first, std::string(Runs::kRunBytes, 'x')), 1);
  auto& second = runs.current(WireForm::kSse);
  EXPECT_NE(&first, &second);
  EXPECT_NE(&second, &runs.current(WireForm::kWebSocket));
  runs.tidy();
  EXPECT_EQ(box.pending(), std::string(Runs::kRunBytes, 'x'));
  write(second, "y");
  box.clear();
  runs.tidy();
  EXPECT_EQ(&runs.current(WireForm::kSse), &second);
  EXPECT_EQ(second.bytes, "") << "nobody holds it";
}

TEST(FlushQueue, FirstComeFirstServedButForThoseWhoLeft) {
  FlushQueue queue;
  Session a, b, c;
  queue.push(&a);
  const auto place = queue.push(&b);
  queue.push(&c);
  EXPECT_EQ(queue.pop(), &a);
  queue.forget(place);
  EXPECT_EQ(queue.pop(), &c);
  EXPECT_EQ(queue.pop(), nullptr);
  EXPECT_TRUE(queue.empty());
  queue.push(&b);
  EXPECT_EQ(queue.pop(), &b);
}

}  // namespace
}  // namespace fairlead::hub
