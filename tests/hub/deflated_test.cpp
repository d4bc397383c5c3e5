// Sessions that have negotiated permessage-deflate.
#include <gmock/gmock.h>

#include "tests/hub/shard_fixture.h"

namespace fairlead::hub {
namespace {

class DeflatedTest : public ShardTest {
 protected:
  struct Deflated : FakeTransport {
    Deflated() : FakeTransport(TransportKind::kWebSocket, WireForm::kWebSocketDeflated) {}
  };
  static std::vector<bool> which_are_deflated(const FakeTransport& to) {
    std::vector<bool> which;
    for (const auto& frame : to.taken) which.push_back(FakeTransport::is_deflated(frame));
    return which;
  }
};

TEST_F(DeflatedTest, WhatManyAreGivenIsCompressedAndSaysTheSame) {
  create_room(room_, ann_);
  FakeTransport plain;
  Deflated first, second;
  open(plain, ann_);
  open(first, ann_);
  open(second, ann_);
  notes(room_, 1, 3);
  EXPECT_EQ(which_are_deflated(first), (std::vector<bool>{false, true, true, true}));
  EXPECT_EQ(which_are_deflated(plain), (std::vector<bool>{false, false, false, false}));
  EXPECT_EQ(first.notes(), one_to(3));
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_EQ(first.taken[i], second.taken[i]);
    EXPECT_EQ(first.jsons()[i], plain.jsons()[i]);
    EXPECT_LT(first.taken[i].size(), plain.taken[i].size());
  }
}

TEST_F(DeflatedTest, WhatOneSessionMissedAloneIsNotCompressedForIt) {
  create_room(room_, ann_);
  notes(room_, 1, 10);
  Deflated to;
  open(to, ann_, shard_->cursor_at({}));
  EXPECT_EQ(to.notes(), one_to(10));
  EXPECT_THAT(which_are_deflated(to), testing::Each(false));
}

TEST_F(DeflatedTest, AShortEventStaysAsItIs) {
  create_room(room_, ann_);
  Deflated to;
  open(to, ann_);
  shard_->deliver(Ephemeral{{room_}, {}, make_bytes(R"({"type":"typing","data":{}})")});
  EXPECT_EQ(to.types().back(), "typing");
  EXPECT_THAT(which_are_deflated(to), testing::Each(false));
}

}  // namespace
}  // namespace fairlead::hub
