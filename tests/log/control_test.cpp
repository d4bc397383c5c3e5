// What nodes tell each other through the log.
#include "log/control.h"

#include <gtest/gtest.h>

#include "tests/log/log_fixture.h"

namespace fairlead::log {
namespace {

class ControlTest : public LogTest {
 protected:
  store::EventPtr append(const Control& control) {
    store::EventPtr event;
    store_->write([&](store::Transaction& tx) { event = tx.append(draft_of(control, 5)); });
    return event;
  }

  store::SqliteBench bench_;
  std::unique_ptr<store::Store> store_ = bench_.open();
};

TEST_F(ControlTest, ComesBackOutOfTheLogAsItWentIn) {
  append(TokenEnded{"token \"one\""});
  append(UserDisconnected{UserId(77)});
  append(SessionDisconnected{"s_one"});
  std::vector<store::EventPtr> events;
  store_->open_reader()->read([&](store::View& view) { events = view.events({}, view.head(), 10); });
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(std::get<TokenEnded>(control_of(*events[0]).value()).token_id, "token \"one\"");
  EXPECT_EQ(std::get<UserDisconnected>(control_of(*events[1]).value()).user, UserId(77));
  EXPECT_EQ(std::get<SessionDisconnected>(control_of(*events[2]).value()).session, "s_one");
}

TEST_F(ControlTest, NoUserSeesIt) {
  store_->write([](store::Transaction& tx) { tx.insert_user({UserId(1), "ann", "Ann", 1}, "hash"); });
  append(UserDisconnected{UserId(1)});
  store_->open_reader()->read([](store::View& view) {
    const auto page = view.page(UserId(1), {}, {10, 10'000});
    EXPECT_TRUE(page.events.empty());
    EXPECT_EQ(page.position, view.head());
  });
}

// A hint out of Redis that nobody here has written.
TEST_F(ControlTest, WhatIsNotOfThisShapeIsNotUnderstoodAndDoesNoHarm) {
  store::Event event = *append(SessionDisconnected{"s_one"});
  for (const char* json : {"{}", R"({"type":1,"data":{}})", R"({"type":"control.token_ended"})",
                           R"({"type":"control.token_ended","data":{}})",
                           R"({"type":"control.token_ended","data":{"token_id":1}})",
                           R"({"type":"control.user_disconnected","data":{"user_id":1}})"}) {
    event.json = json;
    EXPECT_FALSE(control_of(event)) << json;
  }
}

TEST_F(ControlTest, WhatANewerVersionSaysIsNotUnderstoodAndDoesNoHarm) {
  store::Event event = *append(SessionDisconnected{"s_one"});
  event.json = R"({"type":"control.later","data":{}})";
  EXPECT_FALSE(control_of(event));
  event.json = R"({"type":"control.user_disconnected","data":{"user_id":"nobody"}})";
  EXPECT_FALSE(control_of(event));
  event.kind = store::EventKind::kPlain;
  EXPECT_FALSE(control_of(event));
}

TEST_F(ControlTest, AnEventWithoutAnAudienceMustBeOne) {
  store_->write([](store::Transaction& tx) {
    store::EventDraft nobodys;
    nobodys.type = "note";
    nobodys.data = "{}";
    EXPECT_THROW(tx.append(nobodys), std::logic_error);
    nobodys.kind = store::EventKind::kControl;
    nobodys.room = RoomId(1);
    EXPECT_THROW(tx.append(nobodys), std::logic_error);
  });
}

}  // namespace
}  // namespace fairlead::log
