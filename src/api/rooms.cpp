// GET and POST /rooms; GET, PATCH and DELETE /rooms/{r}; join and leave; POST /direct/{u}
#include <utility>

#include "api/handler.h"
#include "api/routes.h"
#include "chat/requests.h"
#include "protocol/ids.h"

namespace fairlead::api {
namespace {

void ok(const Answer& to, const SeenRoom& view) {
  to.json(200, protocol::to_json(view));
}

void list_rooms(Api& api, const Call& call, const Answer& answer) {
  using Rooms = std::vector<SeenRoom>;
  api.chat().rooms(call.user(), answer.then<Rooms>([](const Answer& to, const Rooms& rooms) {
    Json json = {{"rooms", Json::array()}};
    for (const auto& view : rooms) json["rooms"].push_back(protocol::to_json(view));
    to.json(200, json);
  }));
}

void create_room(Api& api, const Call& call, const Answer& answer) {
  const auto body = json_body(call.request);
  if (!body) return answer.fail(body.error());
  auto room = chat::parse_new_room(*body);
  if (!room) return answer.fail(room.error());
  api.chat().create_room(
      call.user(), std::move(*room),
      answer.then<SeenRoom>(
          [&api, entry = entry_of(call, "room_created")](const Answer& to, const SeenRoom& view) {
            auto noted = entry;
            noted.room = protocol::to_wire(view.room.id);
            api.note(std::move(noted));
            to.json(201, protocol::to_json(view),
                    {{"Location", "/api/v1/rooms/" + protocol::to_wire(view.room.id)}});
          }));
}

void update_room(Api& api, const Call& call, RoomId room, const Answer& answer) {
  const auto body = json_body(call.request);
  if (!body) return answer.fail(body.error());
  auto changes = chat::parse_room_changes(*body);
  if (!changes) return answer.fail(changes.error());
  api.chat().update_room(call.user(), room, std::move(*changes),
                         answer.then<SeenRoom>([&api, entry = entry_of(call, "room_changed", room)](
                                                   const Answer& to, const SeenRoom& view) {
                           api.note(entry);
                           ok(to, view);
                         }));
}

void direct(Api& api, const Call& call, const Answer& answer) {
  const auto other = user_param(call.request);
  if (!other) return answer.fail(other.error());
  api.chat().direct(call.user(), *other,
                    answer.then<chat::DirectRoom>([](const Answer& to, const auto& direct) {
                      to.json(direct.created ? 201 : 200, protocol::to_json(direct.room));
                    }));
}

}  // namespace

void add_room_routes(http::Routes& routes, Api& api) {
  using http::Method;
  routes.add(Method::kGet, "/api/v1/rooms",
             signed_in(api, [&api](const auto& call, const auto& answer) {
               list_rooms(api, call, answer);
             }));
  routes.add(Method::kPost, "/api/v1/rooms",
             signed_in(api, [&api](const auto& call, const auto& answer) {
               create_room(api, call, answer);
             }));
  routes.add(Method::kGet, "/api/v1/rooms/:room",
             in_room(api, [&api](const Call& call, RoomId room, const Answer& answer) {
               api.chat().room(call.user(), room, answer.then<SeenRoom>(ok));
             }));
  routes.add(Method::kPatch, "/api/v1/rooms/:room",
             in_room(api, [&api](const Call& call, RoomId room, const Answer& answer) {
               update_room(api, call, room, answer);
             }));
  routes.add(Method::kDelete, "/api/v1/rooms/:room",
             in_room(api, [&api](const Call& call, RoomId room, const Answer& answer) {
               api.chat().delete_room(call.user(), room,
                                      answer.then_none(api, entry_of(call, "room_deleted", room)));
             }));
  routes.add(Method::kPost, "/api/v1/rooms/:room/join",
             in_room(api, [&api](const Call& call, RoomId room, const Answer& answer) {
               api.chat().join(call.user(), room, answer.then<SeenRoom>(ok));
             }));
  routes.add(Method::kPost, "/api/v1/rooms/:room/leave",
             in_room(api, [&api](const Call& call, RoomId room, const Answer& answer) {
               api.chat().leave(call.user(), room, answer.then_none());
             }));
  routes.add(
      Method::kPost, "/api/v1/direct/:user",
      signed_in(api, [&api](const auto& call, const auto& answer) { direct(api, call, answer); }));
}

}  // namespace fairlead::api
