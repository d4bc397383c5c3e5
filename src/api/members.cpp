// GET /rooms/{r}/members; PUT and DELETE /rooms/{r}/members/{u}, and …/{u}/mute
#include <utility>

#include "api/handler.h"
#include "api/routes.h"
#include "chat/requests.h"
#include "protocol/ids.h"

namespace fairlead::api {
namespace {

constexpr std::size_t kMembersDefault = 1000;
constexpr std::size_t kMembersMax = 10'000;

void list_members(Api& api, const Call& call, RoomId room, const Answer& answer) {
  const auto limit = number_query(call.request, "limit", 1, kMembersMax, kMembersDefault);
  if (!limit) return answer.fail(limit.error());
  using Members = std::vector<Member>;
  api.chat().members(call.user(), room, *limit + 1,  // one more shows that there are more
                     answer.then<Members>([limit = *limit](const Answer& to, Members members) {
                       const bool has_more = members.size() > limit;
                       if (has_more) members.resize(limit);
                       Json json = {{"members", Json::array()}, {"has_more", has_more}};
                       for (const auto& member : members) {
                         json["members"].push_back(protocol::to_json(member));
                       }
                       to.json(200, json);
                     }));
}

void set_role(Api& api, const Call& call, RoomId room, const Answer& answer) {
  const auto user = user_param(call.request);
  if (!user) return answer.fail(user.error());
  const auto body = json_body(call.request);
  if (!body) return answer.fail(body.error());
  const auto role = chat::parse_role_change(*body);
  if (!role) return answer.fail(role.error());
  auto entry = entry_of(call, "role_changed", room);
  entry.target = protocol::to_wire(*user);
  entry.role = protocol::to_wire(*role);
  api.chat().set_role(call.user(), room, *user, *role,
                      answer.then<chat::RoleChange>(
                          [&api, entry](const Answer& to, const chat::RoleChange& change) {
                            auto noted = entry;
                            if (change.added) noted.action = "member_added";
                            api.note(std::move(noted));
                            to.json(change.added ? 201 : 200, protocol::to_json(change.member));
                          }));
}

void remove_member(Api& api, const Call& call, RoomId room, const Answer& answer) {
  const auto user = user_param(call.request);
  if (!user) return answer.fail(user.error());
  auto entry = entry_of(call, "member_removed", room);
  entry.target = protocol::to_wire(*user);
  api.chat().remove_member(call.user(), room, *user, answer.then_none(api, std::move(entry)));
}

void mute(Api& api, const Call& call, RoomId room, const Answer& answer) {
  const auto user = user_param(call.request);
  if (!user) return answer.fail(user.error());
  const auto body = json_body(call.request);
  if (!body) return answer.fail(body.error());
  const auto seconds = chat::parse_mute(*body);
  if (!seconds) return answer.fail(seconds.error());
  auto entry = entry_of(call, "member_muted", room);
  entry.target = protocol::to_wire(*user);
  api.chat().mute(call.user(), room, *user, *seconds,
                  answer.then<Member>([&api, entry](const Answer& to, const Member& member) {
                    api.note(entry);
                    to.json(200, protocol::to_json(member));
                  }));
}

void unmute(Api& api, const Call& call, RoomId room, const Answer& answer) {
  const auto user = user_param(call.request);
  if (!user) return answer.fail(user.error());
  auto entry = entry_of(call, "member_unmuted", room);
  entry.target = protocol::to_wire(*user);
  api.chat().unmute(call.user(), room, *user, answer.then_none(api, std::move(entry)));
}

}  // namespace

void add_member_routes(http::Routes& routes, Api& api) {
  using http::Method;
  routes.add(Method::kGet, "/api/v1/rooms/:room/members",
             in_room(api, [&api](const Call& call, RoomId room, const Answer& answer) {
               list_members(api, call, room, answer);
             }));
  routes.add(Method::kPut, "/api/v1/rooms/:room/members/:user",
             in_room(api, [&api](const Call& call, RoomId room, const Answer& answer) {
               set_role(api, call, room, answer);
             }));
  routes.add(Method::kDelete, "/api/v1/rooms/:room/members/:user",
             in_room(api, [&api](const Call& call, RoomId room, const Answer& answer) {
               remove_member(api, call, room, answer);
             }));
  routes.add(Method::kPut, "/api/v1/rooms/:room/members/:user/mute",
             in_room(api, [&api](const Call& call, RoomId room, const Answer& answer) {
               mute(api, call, room, answer);
             }));
  routes.add(Method::kDelete, "/api/v1/rooms/:room/members/:user/mute",
             in_room(api, [&api](const Call& call, RoomId room, const Answer& answer) {
               unmute(api, call, room, answer);
             }));
}

}  // namespace fairlead::api
