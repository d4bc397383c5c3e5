#include "protocol/json.h"

#include <gtest/gtest.h>

#include <chrono>

#include "core/clock.h"
#include "protocol/event.h"
#include "protocol/ids.h"

namespace fairlead::protocol {
namespace {

TEST(Json, TimesAreRfc3339InUtcWithMilliseconds) {
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(rfc3339(1'700'000'000'007), "2023-11-14T22:13:20.007Z");
  EXPECT_EQ(rfc3339(951'782'400'999), "2000-02-29T00:00:00.999Z");
  EXPECT_EQ(rfc3339(4'102'444'799'999), "2099-12-31T23:59:59.999Z");
}

TEST(Json, WordsOfTheWireComeBack) {
  for (const auto role : {Role::kReader, Role::kMember, Role::kModerator, Role::kOwner}) {
    EXPECT_EQ(parse_role(to_wire(role)), role);
  }
  for (const auto v : {Visibility::kPublic, Visibility::kPrivate})
    EXPECT_EQ(parse_visibility(to_wire(v)), v);
  EXPECT_FALSE(parse_role("Owner"));
  EXPECT_FALSE(parse_visibility(""));
}

Message message() {
  Message m;
  m.id = MessageId(5);
  m.room = RoomId(7);
  m.seq = 3;
  m.author = {UserId(1), "ada", "Ada", 0};
  m.text = "hi";
  m.created_at_ms = 1000;
  return m;
}

TEST(Json, AMessageLeavesOutWhatItHasNot) {
  EXPECT_EQ(message_json(message()),
            R"({"id":"m_0000000000005","room_id":"r_0000000000007","seq":3,)"
            R"("author":{"id":"u_0000000000001","name":"ada","display_name":"Ada"},"text":"hi",)"
            R"("mentions":[],"reactions":[],"created_at":"1970-01-01T00:00:01.000Z"})");
}

TEST(Json, TextIsEscapedAsElsewhere) {
  std::string every;
  for (int c = 1; c < 128; ++c) every += static_cast<char>(c);
  for (const auto& text : {every, std::string("é 😀 \"\\/"), std::string()}) {
    auto m = message();
    m.text = text;
    EXPECT_NE(message_json(m).find("\"text\":" + dump(Json(text))), std::string::npos);
    EXPECT_EQ(Json::parse(message_json(m)).at("text"), text);
  }
}

TEST(Json, AMessageShowsAllItHas) {
  auto m = message();
  m.nonce = "n";
  m.reply_to = MessageId(4);
  m.mentions = {UserId(2), UserId(3)};
  m.reactions = {{"👍", 2, true}, {"🎉", 1, false}};
  m.metadata = R"({"z":1,"a":[true]})";
  m.edited_at_ms = 2000;
  const auto json = Json::parse(message_json(m));
  EXPECT_EQ(json["nonce"], "n");
  EXPECT_EQ(json["reply_to"], "m_0000000000004");
  EXPECT_EQ(json["mentions"][0], "u_0000000000002");
  EXPECT_EQ(json["mentions"][1], "u_0000000000003");
  EXPECT_EQ(dump(json["reactions"]),
            R"([{"emoji":"👍","count":2,"me":true},{"emoji":"🎉","count":1,"me":false}])");
  EXPECT_EQ(dump(json["metadata"]), R"({"z":1,"a":[true]})") << "keys stay in their order";
  EXPECT_EQ(json["edited_at"], "1970-01-01T00:00:02.000Z");
}

TEST(Json, ATombstoneHasNeitherTextNorMetadata) {
  auto m = message();
  m.metadata = R"({"k":1})";
  m.deleted_at_ms = 3000;
  const auto json = Json::parse(message_json(m));
  EXPECT_FALSE(json.contains("text"));
  EXPECT_FALSE(json.contains("metadata"));
  EXPECT_EQ(json["deleted_at"], "1970-01-01T00:00:03.000Z");
}

TEST(Json, ARoomShowsTheViewersRoleOrNull) {
  Room room;
  room.id = RoomId(7);
  room.kind = RoomKind::kDirect;
  room.visibility = Visibility::kPrivate;
  EXPECT_EQ(to_json(SeenRoom{room, Role::kOwner, 0, {}})["role"], "owner");
  EXPECT_TRUE(to_json(room)["role"].is_null());
  EXPECT_EQ(to_json(room)["kind"], "direct");
  EXPECT_EQ(to_json(room)["visibility"], "private");
}

TEST(Json, AnEventIsTheSameBytesWhetherItsDataIsATreeOrText) {
  const Json data = {{"text", "häé \"quoted\" \n 🦆"}, {"n", 1}};
  for (const std::string cursor : {"", "c1.00000000.0000000000001"}) {
    for (const auto room : {RoomId(), RoomId(7)}) {
      for (const std::string type : {"message.created", "custom.\"odd\"\\"}) {
        EXPECT_EQ(event_json_of_text(type, cursor, room, 1234, dump(data)),
                  event_json(type, cursor, room, 1234, data));
      }
    }
  }
}

TEST(Json, AnEventLeavesOutCursorAndRoomWhenItHasNone) {
  EXPECT_EQ(event_json("presence", "", RoomId(), 0, Json::object()),
            R"({"type":"presence","time":"1970-01-01T00:00:00.000Z","data":{}})");
}

TEST(ParseObject, TakesAnObjectWithItsKeysInOrder) {
  const auto json = parse_object(R"( {"b":1,"a":{"c":[1,2,{}]}} )");
  ASSERT_TRUE(json);
  EXPECT_EQ(dump(*json), R"({"b":1,"a":{"c":[1,2,{}]}})");
}

TEST(ParseObject, RefusesWhatIsNotOneObjectInUtf8) {
  for (const std::string bad : {"",
                                " ",
                                "[]",
                                "1",
                                "null",
                                "\"x\"",
                                "{",
                                "{}{}",
                                "{} x",
                                "{\"a\":}",
                                "{'a':1}",
                                "{\"a\":1,}",
                                "{\"a\":\"\xff\"}",
                                "{\"a\":\"\xc0\xaf\"}",
                                "{\"a\":\"\xed\xa0\x80\"}",
                                "{\"a\":\"\\ud800\"}",
                                "{\"a\":NaN}",
                                "{\"a\":01}",
                                "// c\n{}",
                                "{\"a\":\"\n\"}"}) {
    const auto json = parse_object(bad);
    ASSERT_FALSE(json) << bad;
    EXPECT_EQ(json.error().code, ErrorCode::kMalformedJson);
  }
}

TEST(ParseObject, RefusesNulInValuesAndKeys) {
  EXPECT_FALSE(parse_object(R"({"a":"x\u0000y"})"));
  EXPECT_FALSE(parse_object(R"({"a\u0000":1})"));
  EXPECT_FALSE(parse_object(R"({"a":[{"b":["\u0000"]}]})"));
  EXPECT_TRUE(parse_object(R"({"a":"\\u0000"})"));
}

TEST(ParseObject, RefusesWhatNestsTooDeep) {
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_TRUE(parse_object(nested(32)));
  EXPECT_FALSE(parse_object(nested(34)));
  EXPECT_FALSE(parse_object(nested(30'000)));
  EXPECT_FALSE(parse_object("{\"a\":" + std::string(60'000, '[')));
}

// An ordered object looks for each key among those before it (CWE-407): the number of keys is
// bounded.
TEST(ParseObject, ABodyOfManyKeysIsRefusedSoon) {
  const auto body = [](int keys) {
    std::string text = "{";
    for (int i = 0; i < keys; ++i) text += (i ? ",\"" : "\"") + std::to_string(i) + "\":0";
    return text + "}";
  };
  EXPECT_TRUE(parse_object(body(1000)));
  const auto start = thread_cpu_time();  // whatever else the machine does
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(parse_object(body(7000)));
  const auto each = (thread_cpu_time() - start) / 10;
  EXPECT_LT(each, std::chrono::milliseconds(100));
  EXPECT_FALSE(parse_object("{\"a\":[" + body(600) + "," + body(600) + "]}"))
      << "counted over the whole body";
}

TEST(Json, CharactersAreCodePoints) {
  EXPECT_EQ(characters(""), 0u);
  EXPECT_EQ(characters("abc"), 3u);
  EXPECT_EQ(characters("häé🦆"), 4u);
}

}  // namespace
}  // namespace fairlead::protocol
