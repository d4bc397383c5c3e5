#include <gmock/gmock.h>

#include "protocol/cursor.h"
#include "protocol/ids.h"
#include "protocol/json.h"
#include "tests/store/store_contract.h"

namespace fairlead::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const RoomId kRoom(7);

TEST_P(StoreContract, AnEmptyLogHasNoHeadAndItsFirstPositionIsOne) {
  EXPECT_EQ(read([](View& view) { return view.head(); }), LogPosition());
  EXPECT_EQ(read([](View& view) { return view.floor(); }), LogPosition());
  EXPECT_EQ(write([](Transaction& t) { return t.next_position(); }), LogPosition(1));
}

TEST_P(StoreContract, AnEventHasItsCursorInItsJson) {
  const auto event = write([&](Transaction& t) {
    auto draft = StoreContract::draft(kRoom);
    draft.type = "custom.\"quoted\"";
    draft.time_ms = 1'700'000'000'123;
    draft.data = R"({"text":"häé\n","list":[1,2]})";
    return t.append(draft);
  });
  EXPECT_EQ(event->cursor, protocol::encode_cursor(store_->epoch(), LogPosition(1)));
  const auto json = protocol::Json::parse(event->json);
  EXPECT_EQ(json["type"], "custom.\"quoted\"");
  EXPECT_EQ(json["cursor"], event->cursor);
  EXPECT_EQ(json["room_id"], protocol::to_wire(kRoom));
  EXPECT_EQ(json["time"], "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(json["data"]["text"], "häé\n");
  EXPECT_EQ(json["data"]["list"].size(), 2u);
}

TEST_P(StoreContract, WhatIsReadBackIsByteForByteWhatWasAppended) {
  const auto written = write([&](Transaction& t) {
    auto draft = private_draft(UserId(3), kRoom);
    draft.kind = EventKind::kMemberLeft;
    draft.subject = UserId(9);
    return t.append(draft);
  });
  const auto events =
      read([&](View& view) { return view.events(LogPosition(0), view.head(), 10); });
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0]->json, written->json);
  EXPECT_EQ(events[0]->cursor, written->cursor);
  EXPECT_EQ(events[0]->position, written->position);
  EXPECT_EQ(events[0]->room, kRoom);
  EXPECT_EQ(events[0]->only_for, UserId(3));
  EXPECT_EQ(events[0]->kind, EventKind::kMemberLeft);
  EXPECT_EQ(events[0]->subject, UserId(9));
  EXPECT_EQ(events[0]->time_ms, 5000);
}

TEST_P(StoreContract, PositionsGrowByOneOverTransactionsAndReopening) {
  EXPECT_EQ(tell(kRoom), LogPosition(1));
  EXPECT_EQ(tell(kRoom), LogPosition(2));
  const auto epoch = store_->epoch();
  reopen();
  EXPECT_EQ(store_->epoch(), epoch);
  EXPECT_EQ(epoch.size(), protocol::kEpochChars);
  EXPECT_TRUE(protocol::decode_cursor(protocol::encode_cursor(epoch, LogPosition(1))));
  EXPECT_EQ(tell(kRoom), LogPosition(3));
  EXPECT_EQ(read([](View& view) { return view.head(); }), LogPosition(3));
}

TEST_P(StoreContract, TwoStoresHaveDifferentEpochs) {
  const auto other = GetParam().make();
  EXPECT_NE(other->open()->epoch(), store_->epoch());
}

TEST_P(StoreContract, EventsAreReadInAHalfOpenRangeAndBounded) {
  for (int i = 0; i < 5; ++i) tell(kRoom);
  const auto range = [&](int after, int to, std::size_t max) {
    std::vector<std::int64_t> positions;
    const auto events =
        read([&](View& view) { return view.events(LogPosition(after), LogPosition(to), max); });
    for (const auto& event : events) positions.push_back(event->position.value());
    return positions;
  };
  EXPECT_THAT(range(1, 4, 100), ElementsAre(2, 3, 4));
  EXPECT_THAT(range(1, 4, 2), ElementsAre(2, 3));
  EXPECT_THAT(range(4, 4, 100), IsEmpty());
  EXPECT_THAT(range(4, 900, 100), ElementsAre(5));
}

TEST_P(StoreContract, AThrowingWriteLeavesNothingAndTheStoreGoesOn) {
  EXPECT_THROW(store_->write([&](Transaction& t) {
    t.append(draft(kRoom));
    t.put_setting("a", "b");
    throw std::runtime_error("on purpose");
  }),
               std::runtime_error);
  EXPECT_EQ(read([](View& view) { return view.head(); }), LogPosition());
  EXPECT_EQ(read([](View& view) { return view.setting("a"); }), "");
  EXPECT_EQ(tell(kRoom), LogPosition(1));
}

TEST_P(StoreContract, AnEventForNobodyIsABug) {
  EXPECT_THROW(write([&](Transaction& t) { t.append(draft(RoomId())); }), std::logic_error);
}

TEST_P(StoreContract, NothingIsVisibleBeforeTheCommitExceptToTheTransaction) {
  store_->write([&](Transaction& t) {
    t.append(draft(kRoom));
    EXPECT_EQ(t.head(), LogPosition(1));
    EXPECT_EQ(t.events(LogPosition(0), t.head(), 10).size(), 1u);
    EXPECT_EQ(read([](View& view) { return view.head(); }), LogPosition());
  });
  EXPECT_EQ(read([](View& view) { return view.head(); }), LogPosition(1));
}

TEST_P(StoreContract, AReaderSeesOneSnapshotWhateverIsCommittedMeanwhile) {
  tell(kRoom);
  reader_->read([&](View& view) {
    EXPECT_EQ(view.head(), LogPosition(1));
    tell(kRoom);
    EXPECT_EQ(view.head(), LogPosition(1));
    EXPECT_TRUE(view.events(LogPosition(1), LogPosition(9), 10).empty());
  });
  EXPECT_EQ(read([](View& view) { return view.head(); }), LogPosition(2));
}

TEST_P(StoreContract, AReaderThatThrowsCanBeUsedAgain) {
  EXPECT_THROW(reader_->read([](View& view) {
    view.head();
    throw std::runtime_error("on purpose");
  }),
               std::runtime_error);
  tell(kRoom);
  EXPECT_EQ(read([](View& view) { return view.head(); }), LogPosition(1));
}

TEST_P(StoreContract, AnUndoneCommandLeavesNothingAndGivesBackItsPositions) {
  add_user(1, "ada");
  store_->write([&](Transaction& t) {
    t.begin_command();
    t.append(draft(kRoom));
    t.keep_command();
    t.begin_command();
    EXPECT_EQ(t.append(draft(kRoom))->position, LogPosition(2));
    t.append(draft(kRoom));
    t.insert_user({UserId(2), "bob", "Bob", 1}, "x");
    t.undo_command();
    EXPECT_EQ(t.next_position(), LogPosition(2));
    EXPECT_EQ(t.head(), LogPosition(1));
    EXPECT_FALSE(t.user(UserId(2)));
    t.begin_command();  // one that changes nothing
    t.undo_command();
    t.begin_command();
    t.insert_user({UserId(2), "bob", "Bob", 1}, "x");
    EXPECT_EQ(t.append(draft(RoomId(8)))->position, LogPosition(2));
    t.keep_command();
    ASSERT_EQ(t.appended().size(), 2u);
    EXPECT_EQ(t.appended()[1]->room, RoomId(8));
  });
  const auto events =
      read([](View& view) { return view.events(LogPosition(0), LogPosition(9), 10); });
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1]->room, RoomId(8));
  EXPECT_TRUE(read([](View& view) { return view.user(UserId(2)); }));
}

TEST_P(StoreContract, AViolatedConstraintIsABugAndUndoneAlone) {
  add_user(1, "ada");
  store_->write([&](Transaction& t) {
    t.begin_command();
    t.append(draft(kRoom));
    EXPECT_THROW(t.insert_user({UserId(2), "ada", "Again", 1}, "x"), std::logic_error);
    t.undo_command();
    t.begin_command();
    t.insert_user({UserId(2), "bob", "Bob", 1}, "x");
    t.keep_command();
  });
  EXPECT_TRUE(read([](View& view) { return view.user_by_name("bob"); }));
  EXPECT_EQ(read([](View& view) { return view.head(); }), LogPosition());
}

TEST_P(StoreContract, PruningTakesTheOldestRunAndRaisesTheFloor) {
  const auto at = [&](std::int64_t time_ms) {
    write([&](Transaction& t) {
      auto draft = StoreContract::draft(kRoom);
      draft.time_ms = time_ms;
      t.append(draft);
    });
  };
  for (const auto time : {10, 20, 50, 30, 60}) at(time);
  EXPECT_EQ(write([](Transaction& t) { return t.prune(40, 1); }), 1u);
  EXPECT_EQ(read([](View& view) { return view.floor(); }), LogPosition(1));
  EXPECT_EQ(write([](Transaction& t) { return t.prune(40, 100); }), 1u)
      << "3 is young, and 4 comes after it";
  EXPECT_EQ(read([](View& view) { return view.floor(); }), LogPosition(2));
  EXPECT_EQ(read([](View& view) { return view.head(); }), LogPosition(5));
  EXPECT_EQ(write([](Transaction& t) { return t.prune(1000, 100); }), 3u);
  EXPECT_EQ(read([](View& view) { return view.floor(); }), LogPosition(5));
  EXPECT_EQ(read([](View& view) { return view.head(); }), LogPosition(5))
      << "the log is empty, not new";
  reopen();
  EXPECT_EQ(tell(kRoom), LogPosition(6)) << "no position is used twice";
}

}  // namespace
}  // namespace fairlead::store
