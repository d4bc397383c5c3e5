// POST /rooms/{r}/typing, GET /rooms/{r}/presence, GET and PUT /presence, GET /sync
#include <algorithm>
#include <string_view>
#include <utility>

#include "api/handler.h"
#include "api/routes.h"
#include "chat/snapshot.h"
#include "protocol/ids.h"

namespace fairlead::api {
namespace {

constexpr std::size_t kPresenceUsersMax = 100;

void states(const Answer& to, const chat::PresenceStates& users) {
  to.json(200, Json{{"users", chat::to_json(users)}});
}

// `?users=u_…,u_…`
Result<std::vector<UserId>> parse_users(const http::Request& request) {
  std::vector<UserId> users;
  auto list = request.query_value("users").value_or("");
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    const auto id = protocol::parse_user_id(list.substr(0, comma));
    if (!id) return fail(field_error("users", "must be users' ids, with commas between"));
    users.push_back(*id);
    if (users.size() > kPresenceUsersMax) {
      return fail(field_error("users", "at most " + std::to_string(kPresenceUsersMax)));
    }
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  if (users.empty()) return fail(field_error("users", "is required"));
  return users;
}

void set_presence(Api& api, const Call& call, const Answer& answer) {
  const auto body = json_body(call.request);
  if (!body) return answer.fail(body.error());
  const auto status = body->find("status");
  const bool away = status != body->end() && *status == "away";
  if (!away && (status == body->end() || *status != "online")) {
    return answer.fail(field_error("status", "must be online or away"));
  }
  api.chat().set_away(call.user(), away, answer.then_none());
}

// `?after=` a room's id, `?limit=` rooms.
Result<chat::SyncPage> parse_sync_page(const http::Request& request) {
  const auto limit = number_query(request, "limit", 1, 1'000'000, chat::kSyncRoomsMax);
  if (!limit) return fail(limit.error());
  chat::SyncPage page;
  page.rooms_max = std::min(*limit, chat::kSyncRoomsMax);
  if (const auto value = request.query_value("after"); value && !value->empty()) {
    const auto after = protocol::parse_room_id(*value);
    if (!after) return fail(field_error("after", "must be a room's id"));
    page.after = *after;
  }
  return page;
}

}  // namespace

void add_live_routes(http::Routes& routes, Api& api) {
  using http::Method;
  routes.add(Method::kPost, "/api/v1/rooms/:room/typing",
             in_room(api, [&api](const Call& call, RoomId room, const Answer& answer) {
               api.chat().typing(call.user(), room, answer.then_none());
             }));
  routes.add(Method::kGet, "/api/v1/rooms/:room/presence",
             in_room(api, [&api](const Call& call, RoomId room, const Answer& answer) {
               api.chat().room_presence(call.user(), room,
                                        answer.then<chat::PresenceStates>(states));
             }));
  routes.add(Method::kGet, "/api/v1/presence",
             signed_in(api, [&api](const Call& call, const Answer& answer) {
               auto users = parse_users(call.request);
               if (!users) return answer.fail(users.error());
               api.chat().presence(std::move(*users), answer.then<chat::PresenceStates>(states));
             }));
  routes.add(Method::kPut, "/api/v1/presence",
             signed_in(api, [&api](const Call& call, const Answer& answer) {
               set_presence(api, call, answer);
             }));
  routes.add(Method::kGet, "/api/v1/sync",
             signed_in(api, [&api](const Call& call, const Answer& answer) {
               const auto page = parse_sync_page(call.request);
               if (!page) return answer.fail(page.error());
               api.chat().sync(call.user(), *page,
                               answer.then<std::string>([](const Answer& to, std::string json) {
                                 to.json(200, std::move(json));
                               }));
             }));
}

}  // namespace fairlead::api
