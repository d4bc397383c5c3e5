#include "api/metrics.h"
#include "tests/api/api_fixture.h"

namespace fairlead::api {
namespace {

class LiveRoutesTest : public ApiTest {
 protected:
  Person ann = person("ann"), bob = person("bob");
  RoomId room = make_room(ann);
  std::string path = room_path(room);

  LiveRoutesTest() { join(bob, room); }
};

TEST_F(LiveRoutesTest, TypingIsAcceptedAndTold) {
  chat::Listener listener;
  listen(ann, listener);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(post(bob, path + "/typing").status, 204);
  EXPECT_EQ(listener.wait_for("typing", 1).size(), 1u);
  EXPECT_EQ(post(person("eve"), path + "/typing").code(), "not_a_member");
}

TEST_F(LiveRoutesTest, PresenceNamesEachUser) {
  const auto in_room = get(ann, path + "/presence").json["users"];
  EXPECT_EQ(in_room.size(), 2u);
  EXPECT_EQ(in_room[to_wire(bob.id)],
            (Json{{"status", "online"}, {"last_seen_at", nullptr}, {"transports", {"sse"}}}));
  presence_.status = presence::Status::kUnknown;
  const auto ids = to_wire(ann.id) + "," + to_wire(bob.id) + ",u_0000000000001";
  const auto asked = get(ann, "/presence?users=" + ids).json["users"];
  EXPECT_EQ(asked.size(), 2u);
  EXPECT_EQ(asked[to_wire(ann.id)]["status"], "unknown");
  expect_field(get(ann, "/presence"), "users");
  expect_field(get(ann, "/presence?users=bob"), "users");
  std::string many = to_wire(ann.id);
  for (int i = 0; i < 100; ++i) many += "," + to_wire(ann.id);
  expect_field(get(ann, "/presence?users=" + many), "users");
}

TEST_F(LiveRoutesTest, OneMaySayThatOneIsAwayOrBack) {
  EXPECT_EQ(put(ann, "/presence", {{"status", "away"}}).status, 204);
  EXPECT_TRUE(presence_.away.at(ann.id));
  EXPECT_EQ(put(ann, "/presence", {{"status", "online"}}).status, 204);
  EXPECT_FALSE(presence_.away.at(ann.id));
  for (const Json& body : {Json::object(), Json{{"status", "offline"}}, Json{{"status", 1}}}) {
    expect_field(put(ann, "/presence", body), "status");
  }
}

TEST_F(LiveRoutesTest, SyncIsEverythingAtOnce) {
  const auto sync = get(ann, "/sync");
  EXPECT_EQ(sync.status, 200);
  for (const char* name : {"cursor", "user", "rooms", "presence"}) {
    EXPECT_TRUE(sync.json.contains(name)) << name;
  }
  EXPECT_EQ(sync.json["rooms"][0]["id"], to_wire(room));
}

TEST_F(LiveRoutesTest, SyncHasPagesOfRooms) {
  for (int i = 0; i < 4; ++i) make_room(ann);
  std::vector<std::string> rooms;
  std::string after;
  for (bool more = true; more;) {
    const auto page = get(ann, "/sync?limit=2&after=" + after).json;
    ASSERT_LE(page["rooms"].size(), 2U);
    for (const auto& one : page["rooms"]) rooms.push_back(one["id"]);
    EXPECT_EQ(page["presence"].empty(), !after.empty());
    EXPECT_TRUE(page["cursor"].is_string());
    more = page["has_more"];
    after = rooms.back();
  }
  EXPECT_EQ(rooms.size(), 5U);
  EXPECT_TRUE(std::ranges::is_sorted(rooms));
  const auto all = get(ann, "/sync").json;
  EXPECT_EQ(all["rooms"].size(), 5U);
  EXPECT_EQ(all["has_more"], false);
  EXPECT_EQ(get(ann, "/sync?after=" + after).json["rooms"], Json::array());
  expect_field(get(ann, "/sync?after=nonsense"), "after");
  expect_field(get(ann, "/sync?limit=0"), "limit");
}

TEST_F(LiveRoutesTest, OperatorsSeeHowItIs) {
  EXPECT_EQ(request("GET", "/healthz", "").json["status"], "ok");
  const auto ready = request("GET", "/readyz", "");
  EXPECT_EQ(ready.status, 200);
  EXPECT_EQ(ready.json, (Json{{"status", "ok"},
                              {"store", "ok"},
                              {"presence", {{"kind", "memory"}, {"healthy", true}}},
                              {"degraded", Json::array()},
                              {"nodes", "single"}}));
  api_.set_draining();
  const auto draining = request("GET", "/readyz", "");
  EXPECT_EQ(draining.raw.status, 503);
}

TEST_F(LiveRoutesTest, AStoreThatTakesNoWritesIsNotReady) {
  EXPECT_EQ(request("GET", "/readyz", "").status, 200);
  writer_.stop();
  EXPECT_EQ(request("GET", "/readyz", "").json["store"], "ok") << "the last answer is fresh";
  clock_.advance(std::chrono::seconds(2));
  const auto ready = request("GET", "/readyz", "");
  EXPECT_EQ(ready.status, 503);
  EXPECT_EQ(ready.json["store"], "unavailable");
}

TEST_F(LiveRoutesTest, MetricsAreInPrometheusForm) {
  const auto metrics = request("GET", "/metrics", "").raw;
  EXPECT_EQ(metrics.status, 200);
  EXPECT_EQ(metrics.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  for (const char* line : {"# TYPE fairlead_sessions gauge\nfairlead_sessions 0\n",
                           "# TYPE fairlead_log_events_total counter\n",
                           "fairlead_http_requests_total ", "fairlead_presence_healthy 1\n"}) {
    EXPECT_NE(metrics.body.find(line), std::string::npos) << line;
  }
}

TEST_F(LiveRoutesTest, AnUnknownPathAndAWrongMethodAreProblems) {
  EXPECT_EQ(get(ann, "/nope").status, 404);
  const auto wrong = request("DELETE", "/api/v1/sync", ann.token);
  EXPECT_EQ(wrong.status, 405);
  EXPECT_NE(wrong.header("allow").find("GET"), std::string::npos);
  EXPECT_EQ(request("POST", "/api/v1/users/me", ann.token).status, 405);
}

TEST_F(LiveRoutesTest, TheRequestIdIsInTheProblem) {
  const auto refused = request("GET", "/api/v1/users/me", "", "", {{"X-Request-Id", "given-1"}});
  EXPECT_EQ(refused.json["request_id"], "given-1");
  EXPECT_EQ(refused.header("x-request-id"), "given-1");
}

}  // namespace
}  // namespace fairlead::api
