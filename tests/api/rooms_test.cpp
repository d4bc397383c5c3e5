#include "tests/api/api_fixture.h"

namespace fairlead::api {
namespace {

class RoomRoutesTest : public ApiTest {
 protected:
  Person ann = person("ann"), bob = person("bob");
};

TEST_F(RoomRoutesTest, ARoomIsMadeByItsOwner) {
  const auto made =
      post(ann, "/rooms", {{"name", "Tea & cake"}, {"visibility", "public"}, {"topic", "Cake ☕"}});
  ASSERT_EQ(made.status, 201) << made.raw.body;
  EXPECT_EQ(made.json["name"], "Tea & cake");
  EXPECT_EQ(made.json["topic"], "Cake ☕");
  EXPECT_EQ(made.json["kind"], "room");
  EXPECT_EQ(made.json["role"], "owner");
  const std::string path = "/rooms/" + made.json["id"].get<std::string>();
  EXPECT_EQ(made.header("location"), "/api/v1" + path);
  EXPECT_EQ(get(ann, path).json, made.json);
  EXPECT_TRUE(get(bob, path).json["role"].is_null());
  EXPECT_EQ(get(bob, "/rooms").json["rooms"].size(), 1u);
}

TEST_F(RoomRoutesTest, ABadRoomIsRefusedWithItsFields) {
  expect_field(post(ann, "/rooms", {{"name", ""}, {"visibility", "public"}}), "name");
  expect_field(post(ann, "/rooms", {{"name", 7}, {"visibility", "public"}}), "name");
  expect_field(post(ann, "/rooms", {{"name", "fine"}, {"visibility", "secret"}}), "visibility");
}

TEST_F(RoomRoutesTest, OnlyJsonIsTaken) {
  const std::string body = R"({"name":"x","visibility":"public"})";
  const auto send = [&](const Headers& headers) {
    return request("POST", "/api/v1/rooms", ann.token, body, headers).status;
  };
  EXPECT_EQ(send({}), 201);
  EXPECT_EQ(send({{"Content-Type", "Application/JSON; charset=utf-8"}}), 201);
  EXPECT_EQ(send({{"Content-Type", "text/plain"}}), 415);
  EXPECT_EQ(send({{"Content-Type", "application/x-www-form-urlencoded"}}), 415);
  EXPECT_EQ(send({{"Content-Encoding", "gzip"}}), 415);
}

TEST_F(RoomRoutesTest, JoiningAndLeaving) {
  const auto room = room_path(make_room(ann));
  EXPECT_EQ(post(bob, room + "/messages", {{"text", "hi"}}).code(), "not_a_member");
  EXPECT_EQ(get(bob, room + "/messages").code(), "not_a_member");
  EXPECT_EQ(get(bob, room + "/members").code(), "not_a_member");
  EXPECT_EQ(post(bob, room + "/join").json["role"], "member");
  EXPECT_EQ(request("POST", "/api/v1" + room + "/join", bob.token).status, 200) << "without a body";
  EXPECT_EQ(get(bob, room + "/members").json["members"].size(), 2u);
  EXPECT_EQ(post(bob, room + "/leave").status, 204);
  EXPECT_EQ(post(bob, room + "/leave").status, 403);
  const auto members = get(ann, room + "/members").json;
  ASSERT_EQ(members["members"].size(), 1u);
  EXPECT_EQ(members["members"][0]["user"]["id"], to_wire(ann.id));
  EXPECT_EQ(members["members"][0]["role"], "owner");
  EXPECT_EQ(members["has_more"], false);
}

TEST_F(RoomRoutesTest, APrivateRoomLooksLikeOneThatIsNotThere) {
  const auto room = make_room(ann, Visibility::kPrivate);
  const auto message = say(ann, room, "secret")->message.id;
  const auto check = [&](const Reply& hidden, const Reply& missing) {
    EXPECT_EQ(hidden.status, 404);
    for (const char* name : {"type", "title", "code", "detail"}) {
      EXPECT_EQ(hidden.json[name], missing.json[name]);
    }
  };
  const auto path = room_path(room), other = std::string("/rooms/r_unknown");
  const auto one = "/messages/" + to_wire(message);
  for (const std::string& rest : {std::string(), std::string("/members"), std::string("/messages"),
                                  one, std::string("/presence")}) {
    check(get(bob, path + rest), get(bob, other + rest));
  }
  for (const char* rest : {"/join", "/leave", "/typing"})
    check(post(bob, path + rest), post(bob, other + rest));
  const Json text = {{"text", "hi"}};
  check(post(bob, path + "/messages", text), post(bob, other + "/messages", text));
  check(patch(bob, path, {{"name", "x"}}), patch(bob, other, {{"name", "x"}}));
  check(erase(bob, path), erase(bob, other));
  check(erase(bob, path + one), erase(bob, other + one));
  EXPECT_EQ(get(bob, "/rooms").json["rooms"].size(), 0u);
}

TEST_F(RoomRoutesTest, ARoomIsChangedAndDeleted) {
  const auto room = room_path(make_room(ann));
  EXPECT_EQ(patch(bob, room, {{"name", "mine"}}).code(), "not_a_member");
  EXPECT_EQ(patch(ann, room, {{"name", "new"}, {"topic", "t"}}).json["name"], "new");
  expect_field(patch(ann, room, {{"visibility", "hidden"}}), "visibility");
  post(bob, room + "/join");
  EXPECT_EQ(erase(bob, room).code(), "forbidden");
  EXPECT_EQ(erase(ann, room).status, 204);
  EXPECT_EQ(get(ann, room).status, 404);
}

TEST_F(RoomRoutesTest, RolesAreGivenAndMembersRemoved) {
  const auto room = room_path(make_room(ann, Visibility::kPrivate));
  const auto member = room + "/members/" + to_wire(bob.id);
  expect_field(put(ann, member, {{"role", "king"}}), "role");
  const auto added = put(ann, member, {{"role", "reader"}});
  EXPECT_EQ(added.status, 201);
  EXPECT_EQ(added.json["role"], "reader");
  EXPECT_EQ(post(bob, room + "/messages", {{"text", "hi"}}).code(), "forbidden");
  EXPECT_EQ(put(ann, member, {{"role", "member"}}).status, 200);
  EXPECT_EQ(post(bob, room + "/messages", {{"text", "hi"}}).status, 201);
  EXPECT_EQ(put(ann, room + "/members/u_nobody", {{"role", "member"}}).status, 404);
  EXPECT_EQ(put(ann, room + "/members/" + to_wire(ann.id), {{"role", "member"}}).code(),
            "conflict");
  EXPECT_EQ(erase(ann, member).status, 204);
  EXPECT_EQ(erase(ann, member).status, 404);
}

TEST_F(RoomRoutesTest, TheListOfMembersIsCut) {
  const auto room = make_room(ann);
  join(bob, room);
  const auto page = get(ann, room_path(room) + "/members?limit=1").json;
  EXPECT_EQ(page["members"].size(), 1u);
  EXPECT_EQ(page["has_more"], true);
  expect_field(get(ann, room_path(room) + "/members?limit=0"), "limit");
}

TEST_F(RoomRoutesTest, APairHasOneDirectRoom) {
  const auto first = post(ann, "/direct/" + to_wire(bob.id));
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(first.json["kind"], "direct");
  const auto again = post(bob, "/direct/" + to_wire(ann.id));
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.json["id"], first.json["id"]);
  expect_field(post(ann, "/direct/" + to_wire(ann.id)), "user");
  EXPECT_EQ(post(ann, "/direct/u_nobody").status, 404);
}

TEST_F(RoomRoutesTest, APostMayStandForAnotherMethod) {
  const auto room = room_path(make_room(ann));
  EXPECT_EQ(post(ann, room, {{"topic", "t"}}, {{"X-HTTP-Method-Override", "PATCH"}}).json["topic"],
            "t");
  EXPECT_EQ(post(ann, room, {}, {{"X-HTTP-Method-Override", "DELETE"}}).status, 204);
}

}  // namespace
}  // namespace fairlead::api
