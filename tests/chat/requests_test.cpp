#include "chat/requests.h"

#include <gtest/gtest.h>

#include "chat/fields.h"
#include "core/limits.h"
#include "core/utf8.h"
#include "protocol/ids.h"

namespace fairlead::chat {
namespace {

using protocol::Json;

const UserId kUser(7);
const RoomId kRoom(8);

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

Result<SendRequest> parse(const Json& json, std::string_view key = {}) {
  return parse_send(json, kUser, kRoom, key);
}

template <typename T>
std::string wrong_fields(const Result<T>& result) {
  if (result) return "none";
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidFields);
  std::string names;
  for (const auto& [name, why] : result.error().fields) names += (names.empty() ? "" : " ") + name;
  return names;
}

TEST(Requests, ASendKeepsWhatItWasGiven) {
  const auto request = parse({{"text", "hello"},
                              {"nonce", "n1"},
                              {"reply_to", protocol::to_wire(MessageId(5))},
                              {"metadata", {{"b", 1}, {"a", nullptr}}},
                              {"unknown", {1, 2}}});
  ASSERT_TRUE(request);
  EXPECT_EQ(request->author, kUser);
  EXPECT_EQ(request->room, kRoom);
  EXPECT_EQ(request->text, "hello");
  EXPECT_EQ(request->nonce, "n1");
  EXPECT_EQ(request->reply_to, MessageId(5));
  EXPECT_EQ(request->metadata, R"({"b":1,"a":null})");
}

TEST(Requests, NumbersAreWholeAndInTheirBounds) {
  EXPECT_EQ(parse_mute({{"seconds", 60}}), 60);
  EXPECT_EQ(parse_mute({{"seconds", limits::kMuteSecondsMax}}), limits::kMuteSecondsMax);
  for (const char* wrong : {"0", "-1", "1.5", "60.0", "31536001", "18446744073709551615", "1e300",
                            "\"60\"", "true", "null", "[]"}) {
    EXPECT_EQ(wrong_fields(parse_mute(Json::parse(R"({"seconds":)" + std::string(wrong) + "}"))),
              "seconds")
        << wrong;
  }
  EXPECT_EQ(parse_room_changes({{"slow_mode_seconds", 0}})->slow_mode_s, 0);
  EXPECT_EQ(parse_room_changes(Json::object())->slow_mode_s, std::nullopt);
  EXPECT_EQ(wrong_fields(parse_room_changes({{"slow_mode_seconds", 21'601}})), "slow_mode_seconds");
}

TEST(Requests, TheLimitOnTextCountsCharacters) {
  EXPECT_TRUE(parse({{"text", repeated("🚀", 4000)}}));
  EXPECT_EQ(wrong_fields(parse({{"text", repeated("🚀", 4001)}})), "text");
  EXPECT_EQ(wrong_fields(parse({{"text", repeated("x", 4001)}})), "text");
  EXPECT_EQ(wrong_fields(parse({{"text", ""}})), "text");
}

TEST(Requests, FieldsOfAnotherTypeAreNamed) {
  EXPECT_EQ(wrong_fields(parse({})), "text");
  EXPECT_EQ(wrong_fields(parse({{"text", 5}})), "text");
  EXPECT_EQ(wrong_fields(parse({{"text", nullptr}})), "text");
  EXPECT_EQ(
      wrong_fields(parse({{"text", "x"}, {"nonce", 1}, {"metadata", "no"}, {"reply_to", {}}})),
      "metadata nonce");
  EXPECT_EQ(wrong_fields(parse({{"text", "x"}, {"reply_to", "m_nothing"}})), "reply_to");
}

TEST(Requests, NullIsAsIfAbsent) {
  const auto request =
      parse({{"text", "x"}, {"nonce", nullptr}, {"reply_to", nullptr}, {"metadata", nullptr}});
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->nonce.empty() && !request->reply_to && request->metadata.empty());
}

TEST(Requests, TextWithANulIsRefused) {
  EXPECT_EQ(wrong_fields(parse({{"text", std::string("a\0b", 3)}})), "text");
}

TEST(Requests, ANonceIsShortAndOnOneLine) {
  EXPECT_EQ(parse({{"text", "x"}, {"nonce", repeated("n", 128)}})->nonce.size(), 128u);
  EXPECT_EQ(wrong_fields(parse({{"text", "x"}, {"nonce", repeated("n", 129)}})), "nonce");
  EXPECT_EQ(wrong_fields(parse({{"text", "x"}, {"nonce", ""}})), "nonce");
  EXPECT_EQ(wrong_fields(parse({{"text", "x"}, {"nonce", "a\nb"}})), "nonce");
}

TEST(Requests, TheIdempotencyKeyStandsForTheNonce) {
  EXPECT_EQ(parse({{"text", "x"}}, "k")->nonce, "k");
  EXPECT_EQ(parse({{"text", "x"}, {"nonce", "k"}}, "k")->nonce, "k");
  EXPECT_EQ(wrong_fields(parse({{"text", "x"}, {"nonce", "other"}}, "k")), "nonce");
  EXPECT_EQ(wrong_fields(parse({{"text", "x"}}, repeated("k", 129))), "nonce");
  EXPECT_EQ(wrong_fields(parse({{"text", "x"}}, "\xff")), "nonce");
}

TEST(Requests, MetadataIsAnObjectOfAtMost4096Bytes) {
  const auto sized = [](std::size_t bytes) {
    return Json{{"text", "x"}, {"metadata", {{"k", std::string(bytes - 8, 'v')}}}};
  };
  EXPECT_EQ(parse(sized(4096))->metadata.size(), 4096u);
  EXPECT_EQ(wrong_fields(parse(sized(4097))), "metadata");
  EXPECT_EQ(wrong_fields(parse({{"text", "x"}, {"metadata", Json::array()}})), "metadata");
}

TEST(Requests, ASendThatOnlyWasReadIsCheckedTheSame) {
  EXPECT_TRUE(check_send({kUser, kRoom, repeated("🚀", 4000), "", {}, ""}));
  EXPECT_EQ(wrong_fields(check_send({kUser, kRoom, "", repeated("n", 129), {}, ""})), "nonce text");
  EXPECT_EQ(wrong_fields(check_send({kUser, kRoom, "x", "", {}, std::string(4097, 'x')})),
            "metadata");
  EXPECT_EQ(wrong_fields(check_text("")), "text");
}

TEST(Requests, ANewAccountHasAPlainName) {
  const auto account = [](const std::string& name) {
    return parse_new_account({{"name", name}, {"password", "correct horse"}});
  };
  for (const char* good : {"ab", "ann.b-c_9", "12345678901234567890123456789012"}) {
    ASSERT_TRUE(account(good)) << good;
    EXPECT_EQ(account(good)->display_name, good);
  }
  for (const char* bad :
       {"a", "", "Ann", "an n", "änn", "123456789012345678901234567890123", "a\nb"}) {
    EXPECT_EQ(wrong_fields(account(bad)), "name") << bad;
  }
}

TEST(Requests, AllThatIsWrongWithAnAccountIsSaidAtOnce) {
  EXPECT_EQ(wrong_fields(parse_new_account(
                {{"name", 1}, {"password", "short"}, {"display_name", repeated("d", 81)}})),
            "display_name name password");
  EXPECT_EQ(wrong_fields(parse_new_account(Json::object())), "name password");
  EXPECT_EQ(wrong_fields(parse_new_account({{"name", "ann"}, {"password", repeated("é", 600)}})),
            "password");
}

TEST(Requests, NamesThatAreShownAreOnOneLineAndNotBlank) {
  EXPECT_EQ(wrong_fields(parse_display_name({{"display_name", "a\tb"}})), "display_name");
  EXPECT_EQ(wrong_fields(parse_display_name({{"display_name", "   "}})), "display_name");
  EXPECT_EQ(wrong_fields(parse_display_name(Json::object())), "display_name");
  EXPECT_EQ(*parse_display_name({{"display_name", "Ann ✓"}}), "Ann ✓");
}

TEST(Requests, ARoomNeedsANameAndAVisibility) {
  EXPECT_EQ(wrong_fields(parse_new_room(Json::object())), "name visibility");
  EXPECT_EQ(wrong_fields(parse_new_room({{"name", "x"}, {"visibility", "secret"}})), "visibility");
  EXPECT_EQ(wrong_fields(parse_new_room({{"name", repeated("é", 81)}, {"visibility", "public"}})),
            "name");
  const auto room = parse_new_room(
      {{"name", repeated("é", 80)}, {"visibility", "private"}, {"topic", "line one\nline two"}});
  ASSERT_TRUE(room);
  EXPECT_EQ(room->visibility, Visibility::kPrivate);
  EXPECT_EQ(room->topic, "line one\nline two");
}

TEST(Requests, RoomChangesAreOnlyWhatIsNamed) {
  const auto changes = parse_room_changes({{"topic", ""}});
  ASSERT_TRUE(changes);
  EXPECT_FALSE(changes->name || changes->visibility);
  EXPECT_EQ(changes->topic, "");
  EXPECT_EQ(wrong_fields(parse_room_changes({{"name", ""}, {"visibility", 1}})), "name visibility");
}

TEST(Requests, ARoleIsOneOfFour) {
  EXPECT_EQ(*parse_role_change({{"role", "moderator"}}), Role::kModerator);
  EXPECT_EQ(wrong_fields(parse_role_change({{"role", "king"}})), "role");
  EXPECT_EQ(wrong_fields(parse_role_change(Json::object())), "role");
}

TEST(Requests, AnEmojiIsShortAndWithoutBlanks) {
  EXPECT_TRUE(check_emoji("👩‍👩‍👧‍👦"));
  EXPECT_TRUE(check_emoji(":tada:"));
  for (const auto& bad : {std::string(), std::string("a b"), std::string("\xff"), repeated("👍", 33),
                          std::string("a\n")}) {
    EXPECT_EQ(wrong_fields(check_emoji(bad)), "emoji");
  }
}

TEST(Utf8, TakesWhatRfc3629TakesAndNothingElse) {
  for (const char* good :
       {"", "a", "é", "€", "🚀", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xef\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(good));
  }
  for (const char* bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "a\xff", "\xc3"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

TEST(Requests, ALoneSurrogateIsNoText) {
  for (const char* body : {R"({"text":"\ud800"})", R"({"text":"\udc00"})", R"({"text":"\ud800x"})",
                           R"({"text":"\ud800\ud800"})"}) {
    EXPECT_FALSE(protocol::parse_object(body)) << body;
  }
  EXPECT_TRUE(protocol::parse_object(R"({"text":"\ud83d\ude80"})"));
}

}  // namespace
}  // namespace fairlead::chat
