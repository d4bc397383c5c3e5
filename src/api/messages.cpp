// POST and GET /rooms/{r}/messages; GET, PATCH and DELETE of one; its reactions; PUT
// /rooms/{r}/read; GET /inbox
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "api/handler.h"
#include "api/routes.h"
#include "chat/requests.h"
#include "protocol/ids.h"

namespace fairlead::api {
namespace {

void one_message(const Answer& to, const Message& message) {
  to.json(200, protocol::message_json(message));
}

void sent(const Answer& to, chat::SendOutcome outcome) {
  Answer::Headers headers;
  const auto& quota = outcome.quota;
  if (quota.limit > 0) {
    headers = {{"RateLimit-Limit", std::to_string(quota.limit)},
               {"RateLimit-Remaining", std::to_string(quota.remaining)},
               {"RateLimit-Reset", std::to_string(quota.reset_s)}};
  }
  if (outcome.replayed) headers.emplace_back("Idempotent-Replayed", "true");
  to.json(outcome.replayed ? 200 : 201, std::move(outcome.json), std::move(headers));
}

void send(Api& api, const Call& call, RoomId room, const Answer& answer) {
  const auto body = json_body(call.request);
  if (!body) return answer.fail(body.error());
  const auto key = call.request.header("idempotency-key").value_or("");
  auto request = chat::parse_send(*body, call.user(), room, key);
  if (!request) return answer.fail(request.error());
  api.chat().send(std::move(*request), answer.then<chat::SendOutcome>(sent));
}

// `?before=`, `?after=` or `?around=` a message's id; empty: as if absent. More than one of them is
// refused.
Result<store::HistoryQuery> parse_history_query(const http::Request& request) {
  store::HistoryQuery query;
  const auto limit = number_query(request, "limit", 1, 1'000'000, limits::kPageMessagesDefault);
  if (!limit) return fail(limit.error());
  query.limit = std::min(*limit, limits::kPageMessagesMax);
  int given = 0;
  const std::pair<const char*, MessageId*> anchors[] = {
      {"before", &query.before}, {"after", &query.after}, {"around", &query.around}};
  for (const auto& [name, id] : anchors) {
    const auto value = request.query_value(name);
    if (!value || value->empty()) continue;
    const auto parsed = protocol::parse_message_id(*value);
    if (!parsed) return fail(field_error(name, "must be a message's id"));
    if (++given > 1) return fail(field_error(name, "only one of before, after and around"));
    *id = *parsed;
  }
  return query;
}

std::string page_json(const store::History& history) {
  std::string json = R"({"messages":[)";
  for (const auto& message : history.messages) {
    if (json.back() != '[') json += ',';
    json += protocol::message_json(message);
  }
  json += history.has_more ? R"(],"has_more":true})" : R"(],"has_more":false})";
  return json;
}

void page(const Answer& to, const store::History& history) {
  to.json(200, page_json(history));
}

void list(Api& api, const Call& call, RoomId room, const Answer& answer) {
  const auto query = parse_history_query(call.request);
  if (!query) return answer.fail(query.error());
  std::string known(call.request.header("if-none-match").value_or(""));
  api.chat().history(call.user(), room, *query,
                     answer.then<store::History>(
                         [known = std::move(known)](const Answer& to, const auto& history) {
                           to.json_unless_known(known, page_json(history));
                         }));
}

void inbox(Api& api, const Call& call, const Answer& answer) {
  const auto query = parse_history_query(call.request);
  if (!query) return answer.fail(query.error());
  if (query->after) return answer.fail(field_error("after", "the inbox goes back only"));
  if (query->around) return answer.fail(field_error("around", "the inbox goes back only"));
  api.chat().inbox(call.user(), query->before, query->limit, answer.then<store::History>(page));
}

void edit(Api& api, const Call& call, RoomId room, MessageId message, const Answer& answer) {
  const auto body = json_body(call.request);
  if (!body) return answer.fail(body.error());
  auto text = chat::parse_text(*body);
  if (!text) return answer.fail(text.error());
  api.chat().edit(call.user(), room, message, std::move(*text), answer.then<Message>(one_message));
}

void mark_read(Api& api, const Call& call, RoomId room, const Answer& answer) {
  const auto body = json_body(call.request);
  if (!body) return answer.fail(body.error());
  const auto message = chat::parse_message_id_field(*body);
  if (!message) return answer.fail(message.error());
  api.chat().mark_read(call.user(), room, *message, answer.then_none());
}

using ReactionChange = void (chat::Service::*)(UserId, RoomId, MessageId, std::string,
                                               chat::Done<void>);

http::Handler reaction(Api& api, ReactionChange change) {
  return on_message(
      api, [&api, change](const Call& call, RoomId room, MessageId message, const Answer& answer) {
        auto emoji = chat::check_emoji(call.request.param(":emoji"));
        if (!emoji) return answer.fail(emoji.error());
        (api.chat().*change)(call.user(), room, message, std::move(*emoji), answer.then_none());
      });
}

void delete_message(Api& api, const Call& call, RoomId room, MessageId message,
                    const Answer& answer) {
  auto entry = entry_of(call, "message_deleted_by_another", room);
  entry.target = protocol::to_wire(message);
  api.chat().delete_message(
      call.user(), room, message,
      answer.then<chat::Deletion>(
          [&api, entry = std::move(entry)](const Answer& to, chat::Deletion deletion) {
            if (deletion == chat::Deletion::kByAnother) api.note(entry);
            to.none();
          }));
}

void add_one_message_routes(http::Routes& routes, Api& api) {
  using http::Method;
  const std::string path = "/api/v1/rooms/:room/messages/:message";
  routes.add(Method::kGet, path,
             on_message(api, [&api](const Call& call, RoomId room, MessageId message,
                                    const Answer& answer) {
               api.chat().message(call.user(), room, message, answer.then<Message>(one_message));
             }));
  routes.add(
      Method::kPatch, path,
      on_message(api, [&api](const Call& call, RoomId room, MessageId message,
                             const Answer& answer) { edit(api, call, room, message, answer); }));
  routes.add(Method::kDelete, path,
             on_message(api, [&api](const Call& call, RoomId room, MessageId message,
                                    const Answer& answer) {
               delete_message(api, call, room, message, answer);
             }));
  routes.add(Method::kPut, path + "/reactions/:emoji", reaction(api, &chat::Service::react));
  routes.add(Method::kDelete, path + "/reactions/:emoji", reaction(api, &chat::Service::unreact));
}

}  // namespace

void add_message_routes(http::Routes& routes, Api& api) {
  using http::Method;
  // Sends are committed in the order in which they come: those of a pipelining bot share a commit.
  routes.add(Method::kPost, "/api/v1/rooms/:room/messages",
             in_room(api, [&api](const Call& call, RoomId room,
                                 const Answer& answer) { send(api, call, room, answer); }),
             http::Routes::Pipelined::kOverlap);
  routes.add(Method::kGet, "/api/v1/rooms/:room/messages",
             in_room(api, [&api](const Call& call, RoomId room, const Answer& answer) {
               list(api, call, room, answer);
             }));
  routes.add(Method::kPut, "/api/v1/rooms/:room/read",
             in_room(api, [&api](const Call& call, RoomId room, const Answer& answer) {
               mark_read(api, call, room, answer);
             }));
  routes.add(
      Method::kGet, "/api/v1/inbox",
      signed_in(api, [&api](const Call& call, const Answer& answer) { inbox(api, call, answer); }));
  add_one_message_routes(routes, api);
}

}  // namespace fairlead::api
