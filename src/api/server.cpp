// POST /server/disconnect: for the operator's own programs, with an API key
#include <utility>

#include "api/entrance.h"
#include "api/handler.h"
#include "api/routes.h"
#include "chat/requests.h"
#include "log/control.h"
#include "protocol/ids.h"

namespace fairlead::api {
namespace {

constexpr std::size_t kSessionCharsMax = 64;  // it goes into the log

// A handler for who brings an API key; others get the 401.
http::Handler with_api_key(Api& api, OpenHandler handler) {
  return open([&api, handler = std::move(handler)](const auto& request, const Answer& answer) {
    const auto key = request.header("x-api-key");
    if (key && api.is_api_key(*key)) return handler(request, answer);
    if (key) api.entrance().note_attempt(request, "api_key_refused");
    answer.fail(with_challenge(
        error(ErrorCode::kUnauthorized,
              "X-Api-Key is missing or not one of those that the server was started with")));
  });
}

// `{user}` or `{session}`: whose connections are meant.
Result<log::Control> parse_target(const Json& body) {
  const auto user = body.find("user"), session = body.find("session");
  const bool by_user = user != body.end(), by_session = session != body.end();
  if (by_user == by_session) return fail(field_error("user", "say user or session, one of them"));
  if (by_session) {
    if (!session->is_string()) return fail(field_error("session", "must be text"));
    auto id = session->get<std::string>();
    if (id.empty() || id.size() > kSessionCharsMax) {
      return fail(field_error("session", "is no session's id"));
    }
    return log::SessionDisconnected{std::move(id)};
  }
  if (!user->is_string()) return fail(field_error("user", "must be text"));
  const auto id = protocol::parse_user_id(user->get_ref<const std::string&>());
  if (!id) return fail(field_error("user", "is no user's id"));
  return log::UserDisconnected{*id};
}

// Of what parse_target() makes.
std::string name_of(const log::Control& target) {
  if (const auto* session = std::get_if<log::SessionDisconnected>(&target)) return session->session;
  const auto* user = std::get_if<log::UserDisconnected>(&target);
  return user != nullptr ? protocol::to_wire(user->user) : std::string();
}

void disconnect(Api& api, const http::Request& request, const Answer& answer) {
  const auto body = json_body(request);
  if (!body) return answer.fail(body.error());
  auto target = parse_target(*body);
  if (!target) return answer.fail(target.error());
  auto entry = entry_of(request, "disconnected_by_operator");
  entry.target = name_of(*target);
  api.chat().tell_nodes(std::move(*target), answer.then_none(api, std::move(entry)));
}

}  // namespace

void add_server_routes(http::Routes& routes, Api& api) {
  routes.add(http::Method::kPost, "/api/v1/server/disconnect",
             with_api_key(api, [&api](const auto& request, const auto& answer) {
               disconnect(api, request, answer);
             }));
}

}  // namespace fairlead::api
