#include "protocol/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/ids.h"
#include "protocol/json.h"
#include "protocol/problem.h"

namespace fairlead::protocol {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

const std::string kRoom = to_wire(RoomId(5));
const std::string kMessage = to_wire(MessageId(77));

Command parsed(const std::string& text) {
  const auto command = parse_command(text);
  EXPECT_TRUE(command) << text << ": " << command.error().error.detail;
  return command.value_or(Command{});
}

CommandRefusal refused(const std::string& text) {
  const auto command = parse_command(text);
  EXPECT_FALSE(command) << text;
  return command ? CommandRefusal{} : command.error();
}

TEST(Command, SendHasItsFields) {
  const auto command =
      parsed(R"({"op":"send","ref":"a","room_id":")" + kRoom + R"(","text":"hi","nonce":"n1",)" +
             R"("reply_to":")" + kMessage + R"(","metadata":{"a":[1]},"unknown":true})");
  EXPECT_EQ(command.op, CommandOp::kSend);
  EXPECT_EQ(command.ref, "\"a\"");
  EXPECT_EQ(command.room, RoomId(5));
  EXPECT_EQ(command.text, "hi");
  EXPECT_EQ(command.nonce, "n1");
  EXPECT_EQ(command.reply_to, MessageId(77));
  EXPECT_EQ(command.metadata, R"({"a":[1]})");
}

TEST(Command, OptionalFieldsMayBeAbsentOrNull) {
  for (const std::string tail : {"", R"(,"nonce":null,"reply_to":null,"metadata":null)"}) {
    const auto command =
        parsed(R"({"op":"send","room_id":")" + kRoom + R"(","text":"")" + tail + "}");
    EXPECT_EQ(command.nonce, "");
    EXPECT_FALSE(command.reply_to);
    EXPECT_EQ(command.metadata, "");
    EXPECT_FALSE(command.has_ref());
  }
}

TEST(Command, EveryOpIsKnownByItsName) {
  const std::string place = R"(","room_id":")" + kRoom + R"(","message_id":")" + kMessage +
                            R"(","text":"t","emoji":"+1","probe":"p","token":"k","cursor":"c"})";
  for (const auto op : {CommandOp::kSend, CommandOp::kEdit, CommandOp::kDelete, CommandOp::kReact,
                        CommandOp::kUnreact, CommandOp::kTyping, CommandOp::kRead, CommandOp::kPing,
                        CommandOp::kProbe, CommandOp::kAuth, CommandOp::kReceived}) {
    EXPECT_EQ(parsed(R"({"op":")" + std::string(to_wire(op)) + place).op, op);
  }
  EXPECT_EQ(parsed(R"({"op":"react)" + place).emoji, "+1");
  EXPECT_EQ(parsed(R"({"op":"edit)" + place).message, MessageId(77));
  EXPECT_EQ(parsed(R"({"op":"auth)" + place).token, "k");
  EXPECT_EQ(parsed(R"({"op":"probe)" + place).probe, "p");
  EXPECT_EQ(parsed(R"({"op":"received)" + place).cursor, "c");
}

TEST(Command, ARefIsEchoedAsItWas) {
  for (const std::string ref :
       {"7", "-1", "18446744073709551615", "1.5", "\"\"", R"("a\"b\\ é")"}) {
    EXPECT_EQ(parsed(R"({"op":"ping","ref":)" + ref + "}").ref, ref);
  }
  EXPECT_EQ(parsed(R"({"op":"ping","ref":null})").ref, "null");
  const std::string longest(64, 'r');
  EXPECT_EQ(parsed(R"({"op":"ping","ref":")" + longest + "\"}").ref, "\"" + longest + "\"");
}

TEST(Command, ARefThatCannotBeEchoedIsRefused) {
  const std::string too_long = "\"" + std::string(65, 'r') + "\"";
  for (const auto& ref : {std::string("true"), std::string("{}"), std::string("[1]"), too_long}) {
    const auto refusal = refused(R"({"op":"ping","ref":)" + ref + "}");
    EXPECT_EQ(refusal.error.code, ErrorCode::kBadRequest);
    EXPECT_EQ(refusal.ref, "null");
  }
}

TEST(Command, WhatIsNoObjectIsMalformed) {
  for (const std::string text :
       {"", "{", "[]", "7", "null", "\"ping\"", "{}{}", "{\"op\":\"\xff\"}"}) {
    EXPECT_EQ(refused(text).error.code, ErrorCode::kMalformedJson) << text;
  }
  EXPECT_EQ(refused(std::string(5000, '[')).error.code, ErrorCode::kMalformedJson);
}

TEST(Command, AnUnknownOpIsRefusedWithItsRef) {
  for (const std::string op :
       {"", R"(,"op":"fly")", R"(,"op":7)", R"(,"op":null)", R"(,"op":"PING")"}) {
    const auto refusal = refused(R"({"ref":"x")" + op + "}");
    EXPECT_EQ(refusal.error.code, ErrorCode::kBadRequest);
    EXPECT_EQ(refusal.ref, "\"x\"");
  }
}

TEST(Command, AllWrongFieldsAreNamed) {
  const auto refusal = refused(R"({"op":"send","ref":1,"text":7,"reply_to":"m_?","metadata":[]})");
  EXPECT_EQ(refusal.error.code, ErrorCode::kInvalidFields);
  EXPECT_THAT(
      refusal.error.fields,
      ElementsAre(Pair("metadata", "must be an object"), Pair("reply_to", "is not a message id"),
                  Pair("room_id", "is required"), Pair("text", "must be a string")));
  EXPECT_EQ(refusal.ref, "1");
}

TEST(Command, AnIdThatNothingEverHadIsNotFound) {
  EXPECT_EQ(refused(R"({"op":"typing","room_id":"r_unknown"})").error.code, ErrorCode::kNotFound);
  EXPECT_EQ(refused(R"({"op":"read","room_id":")" + kRoom + R"(","message_id":"m_1"})").error.code,
            ErrorCode::kNotFound);
}

TEST(Command, AnswersAreOneObjectWithTheRef) {
  EXPECT_EQ(ack_json("\"a\"", R"({"x":1})"), R"({"type":"ack","ref":"a","data":{"x":1}})");
  EXPECT_EQ(ack_json("7", ""), R"({"type":"ack","ref":7,"data":null})");
  const auto error = Json::parse(error_json("null", field_error("text", "is \"odd\""), "req"));
  EXPECT_EQ(error["type"], "error");
  EXPECT_TRUE(error["ref"].is_null());
  EXPECT_EQ(error["error"]["code"], "invalid_fields");
  EXPECT_EQ(error["error"]["fields"]["text"], "is \"odd\"");
}

TEST(Problem, HasTheMembersOfRfc9457) {
  auto error = fairlead::error(ErrorCode::kRateLimited, "slower, please");
  error.retry_after_s = 3;
  EXPECT_EQ(
      problem_json(error, "id-1"),
      R"({"type":"urn:fairlead:problem:rate_limited","title":"Too many requests","status":429,)"
      R"("code":"rate_limited","detail":"slower, please","request_id":"id-1","retry_after_s":3})");
}

TEST(Problem, ItsDetailIsNeverEmptyAndAlwaysUtf8) {
  EXPECT_EQ(Json::parse(problem_json(error(ErrorCode::kNotFound), "x"))["detail"],
            std::string(traits(ErrorCode::kNotFound).title));
  EXPECT_TRUE(Json::accept(problem_json(error(ErrorCode::kBadRequest, "\xff"), "x")));
}

}  // namespace
}  // namespace fairlead::protocol
