// POST /sessions, DELETE /sessions/current, POST /tickets, POST /tokens/refresh
#include <string>
#include <utility>

#include "api/handler.h"
#include "api/issue.h"
#include "api/routes.h"
#include "chat/requests.h"
#include "core/limits.h"
#include "hub/transport.h"

namespace fairlead::api {

Json session_json(Api& api, const User& user) {
  const auto token = api.tokens().issue_token(user.id);
  return {{"user", protocol::to_json(user)},
          {"token", token.text},
          {"expires_at", protocol::rfc3339(token.expires_at_ms)}};
}

namespace {

// The limit is on failures: each attempt is charged, and the right password gets the charge back.
void sign_in(Api& api, const http::Request& request, const Answer& answer) {
  const auto body = json_body(request);
  if (!body) return answer.fail(body.error());
  auto credentials = chat::parse_credentials(*body);
  if (!credentials) return answer.fail(credentials.error());
  auto key = request.client_ip + ' ' + credentials->name.substr(0, limits::kUserNameCharsMax + 1);
  const auto charge = api.login_failures().charge(key, api.clock().mono());
  if (!charge.allowed) {
    return answer.fail(chat::rate_limited(charge.quota, "too many failed attempts; wait a little"));
  }
  auto verify = [&api, key = std::move(key), password = std::move(credentials->password)](
                    const Answer& to, chat::Login login) {
    auto decide = [&api, key, user = std::move(login.user)](const Answer& to_client, bool right) {
      if (!user || !right) {
        return to_client.fail(error(ErrorCode::kBadCredentials, "try again"));
      }
      api.login_failures().refund(key, api.clock().mono());
      to_client.json(201, session_json(api, *user));
    };
    api.passwords().verify(password, std::move(login.password_hash),
                           to.then<bool>(std::move(decide)));
  };
  api.chat().find_login(std::move(credentials->name), answer.then<chat::Login>(std::move(verify)));
}

// Refused from the commit on; live connections end within a turn of their shards.
void sign_out(Api& api, const Call& call, const Answer& answer) {
  const auto& identity = call.identity;
  api.chat().revoke_token(identity.token_id, identity.expires_at_ms,
                          [&api, answer, token_id = identity.token_id](Result<void> revoked) {
                            if (!revoked) return answer.fail(revoked.error());
                            api.tokens().revoke(token_id);
                            api.hub().end_token(token_id, hub::EndReason::kAuthEnded);
                            answer.none();
                          });
}

void issue_ticket(Api& api, const Call& call, const Answer& answer) {
  const auto life = std::chrono::seconds(limits::kTicketLife).count();
  answer.json(
      201, Json{{"ticket", api.tokens().issue_ticket(call.identity).text}, {"expires_in", life}});
}

void refresh_token(Api& api, const Call& call, const Answer& answer) {
  const auto token = api.tokens().issue_token(call.user());
  answer.json(201,
              Json{{"token", token.text}, {"expires_at", protocol::rfc3339(token.expires_at_ms)}});
}

}  // namespace

void add_session_routes(http::Routes& routes, Api& api) {
  using http::Method;
  routes.add(
      Method::kPost, "/api/v1/sessions",
      open([&api](const auto& request, const auto& answer) { sign_in(api, request, answer); }));
  routes.add(Method::kDelete, "/api/v1/sessions/current",
             signed_in(api, [&api](const auto& call, const auto& answer) {
               sign_out(api, call, answer);
             }));
  routes.add(Method::kPost, "/api/v1/tickets",
             signed_in(api, [&api](const auto& call, const auto& answer) {
               issue_ticket(api, call, answer);
             }));
  routes.add(Method::kPost, "/api/v1/tokens/refresh",
             signed_in(api, [&api](const auto& call, const auto& answer) {
               refresh_token(api, call, answer);
             }));
}

}  // namespace fairlead::api
