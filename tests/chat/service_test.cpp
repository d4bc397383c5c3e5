#include "chat/service.h"

#include <thread>

#include "chat/commands.h"
#include "chat/snapshot.h"
#include "protocol/cursor.h"
#include "tests/chat/service_fixture.h"

namespace fairlead::chat {
namespace {

using namespace std::chrono_literals;
using protocol::Json;
using protocol::to_wire;

class UnlimitedTest : public ServiceTest {
 protected:
  UnlimitedTest() : ServiceTest(Settings{.sends = {0, 5s, 10}}) {}
};

TEST_F(UnlimitedTest, OfFiftySendsWithOneNonceOneMakesAMessage) {
  const auto ann = make_user("ann");
  const auto room = make_room(ann);
  std::vector<std::promise<Result<SendOutcome>>> promises(50);
  std::vector<std::thread> threads;
  for (int t = 0; t < 5; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < 10; ++i) {
        auto& promise = promises[static_cast<std::size_t>(t) * 10 + i];
        service_.send({ann.id, room, "race", "n1", {}, {}}, [&promise](Result<SendOutcome> answer) {
          promise.set_value(std::move(answer));
        });
      }
    });
  }
  int made = 0;
  std::string json;
  for (auto& promise : promises) {
    const auto answer = promise.get_future().get();
    ASSERT_TRUE(answer);
    made += answer->replayed ? 0 : 1;
    if (json.empty()) json = answer->json;
    EXPECT_EQ(answer->json, json);
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
  const auto history =
      ask<store::History>([&](auto done) { service_.history(ann.id, room, {}, done); });
  EXPECT_EQ(history->messages.size(), 1u);
}

TEST_F(UnlimitedTest, WhatIsDeliveredIsWhatTheSenderWasTold) {
  const auto ann = make_user("ann"), bob = make_user("bob");
  const auto room = make_room(ann);
  join(bob, room);
  Listener listener;
  listen(bob, listener);
  const auto sent = say(ann, room, "hello @bob");
  const auto events = listener.wait_for("message.created", 1);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(protocol::dump(events[0]["data"]), sent->json);
  EXPECT_EQ(sent->quota.limit, 0);
}

TEST_F(ServiceTest, TheSendLimitIsPerUserAndRoom) {
  const auto ann = make_user("ann"), bob = make_user("bob");
  const auto room = make_room(ann), other = make_room(ann);
  join(bob, room);
  for (int i = 0; i < 10; ++i) {
    const auto sent = say(ann, room, "x");
    ASSERT_TRUE(sent);
    EXPECT_EQ(sent->quota.remaining, 9 - i);
  }
  const auto refused = say(ann, room, "x");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kRateLimited);
  EXPECT_EQ(refused.error().retry_after_s, 1);
  EXPECT_EQ(refused.error().headers.at("RateLimit-Remaining"), "0");
  EXPECT_TRUE(say(ann, other, "x"));
  EXPECT_TRUE(say(bob, room, "x"));
  clock_.advance(1s);
  EXPECT_TRUE(say(ann, room, "x"));
}

TEST_F(ServiceTest, AReplayIsFreeAndNeverRefused) {
  const auto ann = make_user("ann");
  const auto room = make_room(ann);
  ASSERT_TRUE(say(ann, room, "once", "n1"));
  for (int i = 0; i < 30; ++i) {
    const auto again = say(ann, room, "once", "n1");
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->replayed);
    EXPECT_EQ(again->quota.remaining, 9);
  }
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(say(ann, room, "more"));
  EXPECT_TRUE(say(ann, room, "once", "n1")) << "the limit bites, but not here";
  EXPECT_EQ(say(ann, room, "new", "n2").error().code, ErrorCode::kRateLimited);
  EXPECT_EQ(say(ann, room, "other", "n1").error().code, ErrorCode::kNonceReused);
}

TEST_F(ServiceTest, TypingIsToldOnceIn3sAndNotToTheTypist) {
  const auto ann = make_user("ann"), bob = make_user("bob");
  const auto room = make_room(ann);
  join(bob, room);
  Listener to_ann, to_bob;
  listen(ann, to_ann);
  listen(bob, to_bob);
  const auto type = [&](const User& user) {
    return ask<void>([&](auto done) { service_.typing(user.id, room, done); });
  };
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(type(bob));
  clock_.advance(3s);
  ASSERT_TRUE(type(bob));
  ASSERT_TRUE(type(ann));
  ASSERT_EQ(to_bob.wait_for("typing", 1).size(), 1u);
  const auto seen = to_ann.wait_for("typing", 2);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0]["room_id"], to_wire(room));
  EXPECT_EQ(seen[0]["data"], (Json{{"user_id", to_wire(bob.id)}, {"name", "bob"}}));
  EXPECT_FALSE(seen[0].contains("cursor"));
  EXPECT_EQ(to_bob.wait_for("typing", 1)[0]["data"]["name"], "ann");
}

TEST_F(ServiceTest, OnlyThoseWhoMaySendAreSeenTyping) {
  const auto ann = make_user("ann"), eve = make_user("eve");
  const auto type = [&](const User& user, RoomId room) {
    return ask<void>([&](auto done) { service_.typing(user.id, room, done); });
  };
  EXPECT_EQ(type(eve, make_room(ann)).error().code, ErrorCode::kNotAMember);
  EXPECT_EQ(type(eve, make_room(ann, Visibility::kPrivate)).error().code, ErrorCode::kNotFound);
}

TEST_F(ServiceTest, APresenceChangeIsPushedToThoseWhoShareARoom) {
  const auto ann = make_user("ann"), bob = make_user("bob"), eve = make_user("eve");
  const auto room = make_room(ann), second = make_room(ann);
  join(bob, room);
  join(bob, second);
  Listener to_bob, to_eve;
  listen(bob, to_bob);
  listen(eve, to_eve);
  presence_.announce(ann.id, presence::Status::kUnknown);
  presence_.announce(ann.id, presence::Status::kOffline);
  const auto seen = to_bob.wait_for("presence", 1);
  const auto seen_at = protocol::rfc3339(1'800'000'000'123);
  ASSERT_EQ(seen.size(), 1u) << "once, though they share two rooms";
  EXPECT_EQ(
      seen[0]["data"],
      (Json{{"user_id", to_wire(ann.id)},
            {"status", "offline"},
            {"last_seen_at", seen_at},
            {"users", {{to_wire(ann.id), {{"status", "offline"}, {"last_seen_at", seen_at}}}}}}));
  presence_.announce(eve.id, presence::Status::kOnline);
  presence_.announce(bob.id, presence::Status::kOnline);
  ASSERT_EQ(to_bob.wait_for("presence", 2).size(), 2u);
  make_room(eve);
  ASSERT_EQ(to_eve.wait_for("room.created", 1).size(), 1u);
  EXPECT_EQ(to_eve.wait_for("presence", 0).size(), 0u);
}

class LargeRoomTest : public ServiceTest {
 protected:
  LargeRoomTest() : ServiceTest({.presence_members_max = 1}) {}
};

TEST_F(LargeRoomTest, ItsMembersAreToldHowManyAreHere) {
  const auto ann = make_user("ann"), bob = make_user("bob");
  const auto room = make_room(ann);
  join(bob, room);
  Listener to_bob;
  listen(bob, to_bob);
  presence_.announce(ann.id, presence::Status::kOnline);
  const auto first = to_bob.wait_for("presence", 1);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0]["room_id"], to_wire(room));
  EXPECT_EQ(first[0]["data"], Json::parse(R"({"counts":{"online":2,"away":0,"members":2}})"));
  presence_.announce(ann.id, presence::Status::kOnline);
  presence_.status = presence::Status::kOffline;
  presence_.announce({});
  clock_.advance(Headcounts::kEvery);
  while (to_bob.wait_for("presence", 0).size() < 2)
    presence_.announce({});  // as after a quiet time
  EXPECT_EQ(to_bob.wait_for("presence", 2)[1]["data"]["counts"]["online"], 0);
}

TEST_F(LargeRoomTest, WhatWasNotKnownIsToldWhenItIs) {
  const auto ann = make_user("ann"), bob = make_user("bob");
  const auto room = make_room(ann);
  join(bob, room);
  Listener to_bob;
  listen(bob, to_bob);
  presence_.status = presence::Status::kUnknown;
  presence_.announce(ann.id, presence::Status::kOnline);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (presence_.queries == 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  presence_.status = presence::Status::kOnline;
  while (to_bob.wait_for("presence", 0).empty() && std::chrono::steady_clock::now() < deadline) {
    clock_.advance(Headcounts::kEvery);
    presence_.announce({});  // nothing changes any more
  }
  const auto told = to_bob.wait_for("presence", 0);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0]["data"]["counts"]["online"], 2);
}

TEST_F(ServiceTest, PresenceIsToldOfUsersWhoExistAndOfMembers) {
  const auto ann = make_user("ann"), bob = make_user("bob");
  const auto room = make_room(ann, Visibility::kPrivate);
  const auto some = ask<PresenceStates>([&](auto done) {
    service_.presence({ann.id, bob.id, UserId(1)}, done);
  });
  EXPECT_EQ(some->size(), 2u);
  const auto members =
      ask<PresenceStates>([&](auto done) { service_.room_presence(ann.id, room, done); });
  ASSERT_EQ(members->size(), 1u);
  EXPECT_EQ(to_json(*members)[to_wire(ann.id)],
            (Json{{"status", "online"}, {"last_seen_at", nullptr}, {"transports", {"sse"}}}));
  const auto hidden =
      ask<PresenceStates>([&](auto done) { service_.room_presence(bob.id, room, done); });
  EXPECT_EQ(hidden.error().code, ErrorCode::kNotFound);
}

TEST_F(UnlimitedTest, SyncIsOneSnapshotOfEverything) {
  const auto ann = make_user("ann"), bob = make_user("bob");
  const auto room = make_room(ann), empty = make_room(ann);
  join(bob, room);
  say(bob, room, "one");
  const auto two = say(bob, room, "two @ann");
  const auto three = say(bob, room, "three");
  ASSERT_TRUE(ask<void>([&](auto done) {
    service_.mark_read(ann.id, room, MessageId(two->message.id.value()), done);
  }));
  const auto text = ask<std::string>([&](auto done) { service_.sync(ann.id, {}, done); });
  ASSERT_TRUE(text);
  const auto sync = Json::parse(*text);
  const auto cursor = protocol::decode_cursor(sync["cursor"].get<std::string>());
  ASSERT_TRUE(cursor);
  EXPECT_EQ(cursor->epoch, store_->epoch());
  EXPECT_EQ(sync["user"]["id"], to_wire(ann.id));
  ASSERT_EQ(sync["rooms"].size(), 2u);
  for (const auto& one : sync["rooms"]) {
    if (one["id"] == to_wire(empty)) {
      EXPECT_TRUE(one["last_message"].is_null() && one["last_read_message_id"].is_null());
      EXPECT_EQ(one["unread_count"], 0);
      continue;
    }
    EXPECT_EQ(one["last_message"]["id"], to_wire(three->message.id));
    EXPECT_EQ(one["last_read_message_id"], to_wire(two->message.id));
    EXPECT_EQ(one["unread_count"], 1);
    EXPECT_EQ(one["mention_count"], 0);
    EXPECT_EQ(one["members_count"], 2);
    EXPECT_EQ(one["role"], "owner");
  }
  EXPECT_EQ(sync["presence"].size(), 2u);
  EXPECT_EQ(sync["presence"][to_wire(bob.id)]["status"], "online");
  const auto gone = ask<std::string>([&](auto done) { service_.sync(UserId(1), {}, done); });
  EXPECT_EQ(gone.error().code, ErrorCode::kUnauthorized);
}

TEST_F(UnlimitedTest, CommandsDoWhatRestDoes) {
  const auto ann = make_user("ann"), bob = make_user("bob");
  const auto room = make_room(ann);
  join(bob, room);
  const auto command = [&](const User& user, Json json) {
    json["room_id"] = to_wire(room);
    return ask<std::string>([&](auto done) {
      run_command(service_, user.id, *protocol::parse_command(protocol::dump(json)), done);
    });
  };
  const auto sent = command(ann, {{"op", "send"}, {"text", "hello"}, {"nonce", "n1"}});
  ASSERT_TRUE(sent);
  const auto message = Json::parse(*sent);
  EXPECT_EQ(*command(ann, {{"op", "send"}, {"text", "hello"}, {"nonce", "n1"}}), *sent);
  const Json id = message["id"];
  const auto edited = command(ann, {{"op", "edit"}, {"message_id", id}, {"text", "better"}});
  EXPECT_EQ(Json::parse(*edited)["text"], "better");
  for (const char* op : {"react", "unreact"}) {
    EXPECT_EQ(*command(bob, {{"op", op}, {"message_id", id}, {"emoji", "👍"}}), "{}");
  }
  EXPECT_EQ(*command(bob, {{"op", "read"}, {"message_id", id}}), "{}");
  EXPECT_EQ(*command(bob, {{"op", "typing"}}), "{}");
  EXPECT_EQ(command(bob, {{"op", "delete"}, {"message_id", id}}).error().code,
            ErrorCode::kForbidden);
  EXPECT_EQ(*command(ann, {{"op", "delete"}, {"message_id", id}}), "{}");
  EXPECT_EQ(command(ann, {{"op", "send"}, {"text", std::string(4001, 'x')}}).error().code,
            ErrorCode::kInvalidFields);
  EXPECT_EQ(command(bob, {{"op", "react"}, {"message_id", id}, {"emoji", ""}}).error().code,
            ErrorCode::kInvalidFields);
  EXPECT_EQ(command(bob, {{"op", "ping"}}).error().code, ErrorCode::kBadRequest);
}

TEST_F(UnlimitedTest, ATicketIsRedeemedOnceHoweverManyTry) {
  std::vector<std::promise<Result<bool>>> promises(8);
  for (auto& promise : promises) {
    service_.redeem_ticket("t1", clock_.wall_ms() + 30'000,
                           [&promise](Result<bool> won) { promise.set_value(std::move(won)); });
  }
  int won = 0;
  for (auto& promise : promises) won += promise.get_future().get().value() ? 1 : 0;
  EXPECT_EQ(won, 1);
}

TEST_F(ServiceTest, AfterTheWriterHasStoppedEverythingIsRefused) {
  const auto ann = make_user("ann");
  const auto room = make_room(ann);
  writer_.stop();
  EXPECT_EQ(say(ann, room, "x").error().code, ErrorCode::kShuttingDown);
}

}  // namespace
}  // namespace fairlead::chat
