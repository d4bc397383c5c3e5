#include "api/handler.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "api/entrance.h"
#include "auth/content_tag.h"
#include "chat/permissions.h"
#include "core/network.h"
#include "core/text.h"
#include "protocol/ids.h"

namespace fairlead::api {
namespace {

std::string media_type(std::string_view value) {
  value = value.substr(0, value.find(';'));
  const auto end = value.find_last_not_of(" \t");
  std::string type(value.substr(0, end == std::string_view::npos ? 0 : end + 1));
  std::transform(type.begin(), type.end(), type.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return type;
}

}  // namespace

void Answer::json(int status, std::string body, Headers headers) const {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  response.headers = std::move(headers);
  response.headers.emplace_back("Cache-Control", "no-store");
  responder_.respond(std::move(response));
}

void Answer::json_unless_known(std::string_view known, std::string body) const {
  http::Response response;
  auto tag = auth::content_tag(body);
  if (names_tag(known, tag)) {
    response.status = 304;
    response.content_type.clear();
  } else {
    response.body = std::move(body);
  }
  response.headers = {{"ETag", std::move(tag)},
                      {"Cache-Control", "private, no-cache"},
                      {"Vary", "Authorization, Cookie"}};
  responder_.respond(std::move(response));
}

void Answer::text(int status, std::string content_type, std::string body) const {
  http::Response response;
  response.status = status;
  response.content_type = std::move(content_type);
  response.body = std::move(body);
  response.headers.emplace_back("Cache-Control", "no-store");
  responder_.respond(std::move(response));
}

void Answer::none(Headers headers) const {
  http::Response response;
  response.status = 204;
  response.content_type.clear();
  response.headers = std::move(headers);
  response.headers.emplace_back("Cache-Control", "no-store");
  responder_.respond(std::move(response));
}

void Answer::fail(const Error& error) const {
  responder_.respond(http::problem(with_challenge(error), request_id_));
}

bool names_tag(std::string_view if_none_match, std::string_view tag) {
  return any_entry(if_none_match, [tag](std::string_view entry) {
    constexpr std::string_view kWeak = "W/";
    if (entry.starts_with(kWeak)) entry.remove_prefix(kWeak.size());
    return entry == "*" || entry == tag;
  });
}

http::Handler open(OpenHandler handler) {
  return [handler = std::move(handler)](const http::Request& request, http::Responder responder) {
    handler(request, Answer(std::move(responder), request.id));
  };
}

http::Handler signed_in(Api& api, SignedInHandler handler) {
  return [&api, handler = std::move(handler)](const http::Request& request,
                                              http::Responder responder) {
    api.entrance().authenticate(
        request, [handler, answer = Answer(std::move(responder), request.id)](
                     const http::Request& from, const Result<auth::Identity>& identity) {
          if (!identity) return answer.fail(identity.error());
          handler(Call{from, *identity}, answer);
        });
  };
}

std::string throttle_key(const std::string& client_ip) {
  return client_ip.find(':') == std::string::npos ? client_ip : Network::of_ip(client_ip).to_wire();
}

audit::Entry entry_of(const http::Request& request, std::string_view action) {
  return {.action = action, .address = request.client_ip, .request_id = request.id};
}

audit::Entry entry_of(const Call& call, std::string_view action, RoomId room) {
  auto entry = entry_of(call.request, action);
  entry.user = protocol::to_wire(call.user());
  if (room) entry.room = protocol::to_wire(room);
  return entry;
}

http::Handler in_room(Api& api, RoomHandler handler) {
  return signed_in(api, [handler = std::move(handler)](const Call& call, const Answer& answer) {
    const auto room = protocol::parse_room_id(call.request.param(":room"));
    if (!room) return answer.fail(chat::no_such_room());
    handler(call, *room, answer);
  });
}

http::Handler on_message(Api& api, MessageHandler handler) {
  return in_room(
      api, [handler = std::move(handler)](const Call& call, RoomId room, const Answer& answer) {
        const auto message = protocol::parse_message_id(call.request.param(":message"));
        if (!message) return answer.fail(chat::no_such_message());
        handler(call, room, *message, answer);
      });
}

Result<Json> json_body(const http::Request& request) {
  const auto type = request.header("content-type");
  if (type && media_type(*type) != "application/json") {
    return fail(ErrorCode::kUnsupportedMediaType, "send application/json");
  }
  const auto encoding = request.header("content-encoding");
  if (encoding && media_type(*encoding) != "identity" && !request.body.empty()) {
    return fail(ErrorCode::kUnsupportedMediaType, "send the body without a Content-Encoding");
  }
  return protocol::parse_object(request.body);
}

Result<UserId> user_param(const http::Request& request) {
  const auto id = protocol::parse_user_id(request.param(":user"));
  if (!id) return fail(ErrorCode::kNotFound, "there is no such user");
  return *id;
}

Result<std::size_t> number_query(const http::Request& request, const char* name, std::size_t min,
                                 std::size_t max, std::size_t otherwise) {
  const auto value = request.query_value(name);
  if (!value || value->empty()) return otherwise;
  std::size_t number = 0;
  const auto* end = value->data() + value->size();
  const auto [rest, failure] = std::from_chars(value->data(), end, number);
  if (failure != std::errc{} || rest != end || number < min || number > max) {
    return fail(field_error(
        name, "must be a number of " + std::to_string(min) + " to " + std::to_string(max)));
  }
  return number;
}

}  // namespace fairlead::api
