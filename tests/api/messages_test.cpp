#include "tests/api/api_fixture.h"

namespace fairlead::api {
namespace {

class MessageRoutesTest : public ApiTest {
 protected:
  Person ann = person("ann"), bob = person("bob");
  RoomId room = make_room(ann);
  std::string path = room_path(room);

  MessageRoutesTest() { join(bob, room); }

  std::string send(const std::string& text) {
    return post(ann, path + "/messages", {{"text", text}}).json["id"];
  }
};

TEST_F(MessageRoutesTest, AMessageHasEveryPromisedField) {
  const Json metadata = {{"k", {1, nullptr, "é"}}};
  const auto sent =
      post(ann, path + "/messages",
           {{"text", "Grüße, @bob \"🚀\"\n"}, {"nonce", "n1"}, {"metadata", metadata}});
  ASSERT_EQ(sent.status, 201) << sent.raw.body;
  EXPECT_EQ(sent.json["room_id"], to_wire(room));
  EXPECT_EQ(sent.json["seq"], 1);
  EXPECT_EQ(sent.json["author"],
            (Json{{"id", to_wire(ann.id)}, {"name", "ann"}, {"display_name", "ann"}}));
  EXPECT_EQ(sent.json["text"], "Grüße, @bob \"🚀\"\n");
  EXPECT_EQ(sent.json["nonce"], "n1");
  EXPECT_EQ(sent.json["metadata"], metadata);
  EXPECT_EQ(sent.json["mentions"], Json::array({to_wire(bob.id)}));
  EXPECT_EQ(sent.json["reactions"], Json::array());
  const auto one = path + "/messages/" + sent.json["id"].get<std::string>();
  EXPECT_EQ(get(bob, one).raw.body, sent.raw.body);
  const auto reply =
      post(bob, path + "/messages", {{"text", "indeed"}, {"reply_to", sent.json["id"]}});
  EXPECT_EQ(reply.json["reply_to"], sent.json["id"]);
}

TEST_F(MessageRoutesTest, APageThatTheClientHasIsNotSentAgain) {
  const auto id = send("one");
  const auto asked = [&](const Person& who, const std::string& known) {
    return request("GET", "/api/v1" + path + "/messages", who.token, "", {{"if-none-match", known}});
  };
  const auto first = asked(ann, "");
  ASSERT_EQ(first.status, 200);
  EXPECT_EQ(first.header("cache-control"), "private, no-cache");
  const auto tag = first.header("etag");
  ASSERT_GT(tag.size(), 20U);
  for (const auto& known : {tag, "W/" + tag, "\"other\", " + tag, std::string("*")}) {
    const auto same = asked(ann, known);
    EXPECT_EQ(same.status, 304) << known;
    EXPECT_EQ(same.raw.body, "");
    EXPECT_EQ(same.header("etag"), tag);
    EXPECT_EQ(same.header("cache-control"), "private, no-cache");
  }
  for (const auto& known : {std::string("\"other\""), tag.substr(1), std::string(",, ,")}) {
    EXPECT_EQ(asked(ann, known).status, 200) << known;
  }
  // Another's reaction, a word of one's own, a deletion: each is another page.
  const auto one = path + "/messages/" + id;
  ASSERT_EQ(put(bob, one + "/reactions/%F0%9F%91%8D", {}).status, 204);
  const auto with_reaction = asked(ann, tag);
  EXPECT_EQ(with_reaction.status, 200);
  EXPECT_NE(with_reaction.header("etag"), asked(bob, "").header("etag"));  // `me` differs
  ASSERT_EQ(patch(ann, one, {{"text", "two"}}).status, 200);
  EXPECT_EQ(asked(ann, with_reaction.header("etag")).status, 200);
  EXPECT_EQ(asked(person("eve"), tag).status, 403);
}

TEST_F(MessageRoutesTest, ABadMessageIsRefusedWithItsFields) {
  const auto at = path + "/messages";
  for (const Json& body : {Json::object(), Json{{"text", ""}}, Json{{"text", 5}},
                           Json{{"text", std::string(4001, 'x')}}, Json{{"text", nullptr}}}) {
    expect_field(post(ann, at, body), "text");
  }
  expect_field(post(ann, at, {{"text", "x"}, {"reply_to", "m_0000000000009"}}), "reply_to");
  for (const char* body : {"", "{", "[]", "null", "{\"text\":\"\xff\"}", R"({"text":"\ud800"})"}) {
    EXPECT_EQ(request("POST", "/api/v1" + at, ann.token, body).status, 400) << body;
  }
}

TEST_F(MessageRoutesTest, TheLimitOnTextCountsCharacters) {
  std::string text;
  for (int i = 0; i < 4000; ++i) text += "🚀";
  EXPECT_EQ(post(ann, path + "/messages", {{"text", text}}).json["text"], text);
  expect_field(post(ann, path + "/messages", {{"text", text + "🚀"}}), "text");
}

TEST_F(MessageRoutesTest, AReplayAnswersWithTheOriginal) {
  const Json body = {{"text", "once"}};
  const Headers key = {{"Idempotency-Key", "k1"}};
  const auto first = post(ann, path + "/messages", body, key);
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(first.header("idempotent-replayed"), "");
  EXPECT_EQ(first.header("ratelimit-limit"), "10");
  EXPECT_EQ(first.header("ratelimit-remaining"), "9");
  EXPECT_EQ(first.header("ratelimit-reset"), "1");
  const auto again = post(ann, path + "/messages", body, key);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.header("idempotent-replayed"), "true");
  EXPECT_EQ(again.header("ratelimit-remaining"), "9");
  EXPECT_EQ(again.raw.body, first.raw.body);
  const auto by_field = post(ann, path + "/messages", {{"text", "once"}, {"nonce", "k1"}});
  EXPECT_EQ(by_field.status, 200) << "header and field are the same thing";
  EXPECT_EQ(post(ann, path + "/messages", {{"text", "other"}}, key).code(), "nonce_reused");
}

TEST_F(MessageRoutesTest, TheSendLimitBitesWithItsHeaders) {
  for (int i = 0; i < 10; ++i)
    ASSERT_EQ(post(ann, path + "/messages", {{"text", "x"}}).status, 201);
  const auto refused = post(ann, path + "/messages", {{"text", "x"}});
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.code(), "rate_limited");
  EXPECT_EQ(refused.header("retry-after"), "1");
  EXPECT_EQ(refused.header("ratelimit-limit"), "10");
  EXPECT_EQ(refused.header("ratelimit-remaining"), "0");
  EXPECT_EQ(refused.header("ratelimit-reset"), "10");
}

TEST_F(MessageRoutesTest, PagesGoBeforeAfterAndAround) {
  std::vector<std::string> ids;
  for (int i = 0; i < 9; ++i) ids.push_back(send(std::to_string(i + 1)));
  const auto page = [&](const std::string& query) {
    const auto json = get(bob, path + "/messages?" + query).json;
    std::string seqs;
    for (const auto& message : json["messages"]) seqs += std::to_string(message["seq"].get<int>());
    return seqs + (json["has_more"].get<bool>() ? "+" : "");
  };
  EXPECT_EQ(page(""), "123456789");
  EXPECT_EQ(page("limit=3"), "789+");
  EXPECT_EQ(page("limit=3&before=" + ids[6]), "456+");
  EXPECT_EQ(page("limit=3&after=" + ids[6]), "89");
  EXPECT_EQ(page("limit=2&after=" + ids[6]), "89");
  EXPECT_EQ(page("limit=3&around=" + ids[4]).substr(0, 3), "456");
  EXPECT_EQ(page("after=&limit=200"), "123456789") << "empty is as if absent";
  EXPECT_EQ(page("limit=1000"), "123456789") << "more than 200 is 200";
  expect_field(get(bob, path + "/messages?limit=0"), "limit");
  expect_field(get(bob, path + "/messages?limit=99999999999999999999"), "limit");
  expect_field(get(bob, path + "/messages?before=m_nothing"), "before");
  expect_field(get(bob, path + "/messages?before=" + ids[1] + "&after=" + ids[1]), "after");
}

TEST_F(MessageRoutesTest, AMessageIsEditedAndDeleted) {
  const auto one = path + "/messages/" + send("first");
  EXPECT_EQ(patch(bob, one, {{"text", "no"}}).code(), "forbidden");
  const auto edited = patch(ann, one, {{"text", "second"}});
  EXPECT_EQ(edited.json["text"], "second");
  EXPECT_TRUE(edited.json.contains("edited_at"));
  expect_field(patch(ann, one, {{"text", ""}}), "text");
  EXPECT_EQ(erase(bob, one).code(), "forbidden");
  EXPECT_EQ(erase(ann, one).status, 204);
  EXPECT_EQ(erase(ann, one).status, 204);
  const auto tombstone = get(bob, one).json;
  EXPECT_TRUE(tombstone.contains("deleted_at"));
  EXPECT_FALSE(tombstone.contains("text"));
  EXPECT_EQ(patch(ann, one, {{"text", "back"}}).code(), "conflict");
  EXPECT_EQ(get(ann, path + "/messages/m_nothing").status, 404);
  EXPECT_EQ(get(ann, path + "/messages/" + to_wire(MessageId(1))).status, 404);
}

TEST_F(MessageRoutesTest, ReactionsAreIdempotent) {
  const auto one = path + "/messages/" + send("first");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(put(bob, one + "/reactions/%F0%9F%91%8D").status, 204);
  }
  EXPECT_EQ(get(bob, one).json["reactions"],
            Json::array({{{"emoji", "👍"}, {"count", 1}, {"me", true}}}));
  EXPECT_EQ(get(ann, one).json["reactions"][0]["me"], false);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(erase(bob, one + "/reactions/%F0%9F%91%8D").status, 204);
  }
  EXPECT_EQ(get(ann, one).json["reactions"], Json::array());
  expect_field(put(bob, one + "/reactions/a%20b"), "emoji");
}

TEST_F(MessageRoutesTest, ReadingIsMonotonic) {
  const auto first = send("1"), second = send("2");
  const auto unread = [&] { return get(bob, "/sync").json["rooms"][0]["unread_count"]; };
  EXPECT_EQ(unread(), 2);
  EXPECT_EQ(put(bob, path + "/read", {{"message_id", second}}).status, 204);
  EXPECT_EQ(put(bob, path + "/read", {{"message_id", first}}).status, 204);
  EXPECT_EQ(unread(), 0);
  EXPECT_EQ(put(bob, path + "/read", {{"message_id", to_wire(MessageId(999))}}).status, 404);
  expect_field(put(bob, path + "/read", {{"message_id", "x"}}), "message_id");
}

}  // namespace
}  // namespace fairlead::api
