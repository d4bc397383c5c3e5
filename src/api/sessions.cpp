// POST /sessions, DELETE /sessions/current, POST /tickets, POST /tokens/refresh
#include <memory>
#include <string>
#include <utility>

#include "api/handler.h"
#include "api/issue.h"
#include "api/routes.h"
#include "api/session_cookie.h"
#include "chat/requests.h"
#include "core/limits.h"
#include "hub/transport.h"
#include "protocol/ids.h"

namespace fairlead::api {

namespace {

// One attempt to sign in.
struct Attempt {
  std::string by_name, by_address;  // keys of the limits
  audit::Entry entry;
  Delivery delivery;
  std::string password;
};

// The limits are on failures: each attempt is charged, and the right password gets it back.
std::optional<Error> charge(Api& api, const Attempt& attempt) {
  const auto now = api.clock().mono();
  const auto address = api.address_failures().charge(attempt.by_address, now);
  if (!address.allowed) {
    return chat::rate_limited(address.quota, "too many failed attempts from this address");
  }
  const auto name = api.login_failures().charge(attempt.by_name, now);
  if (name.allowed) return std::nullopt;
  api.address_failures().refund(attempt.by_address, now);  // that did not cost a hash
  return chat::rate_limited(name.quota, "too many failed attempts; wait a little");
}

void decide(Api& api, const Attempt& attempt, const std::optional<User>& user, bool right,
            const Answer& answer) {
  auto entry = attempt.entry;
  if (user) entry.user = protocol::to_wire(user->id);
  if (!user || !right) {
    entry.action = "login_failed";
    api.note(std::move(entry));
    return answer.fail(error(ErrorCode::kBadCredentials, "try again"));
  }
  const auto now = api.clock().mono();
  api.login_failures().refund(attempt.by_name, now);
  api.address_failures().refund(attempt.by_address, now);
  api.note(std::move(entry));
  answer_with_token(api, user->id, user, attempt.delivery, answer);
}

void sign_in(Api& api, const http::Request& request, const Answer& answer) {
  const auto body = json_body(request);
  if (!body) return answer.fail(body.error());
  auto credentials = chat::parse_credentials(*body);
  if (!credentials) return answer.fail(credentials.error());
  const auto delivery = asked_delivery(api, request, *body);
  if (!delivery) return answer.fail(delivery.error());
  const auto address = throttle_key(request.client_ip);
  auto attempt = std::make_shared<Attempt>(
      Attempt{address + ' ' + credentials->name.substr(0, limits::kUserNameCharsMax + 1), address,
              entry_of(request, "login"), *delivery, std::move(credentials->password)});
  if (auto refusal = charge(api, *attempt)) {
    attempt->entry.action = "login_throttled";
    api.note_seldom(std::move(attempt->entry));
    return answer.fail(*refusal);
  }
  auto verify = [&api, attempt](const Answer& to, chat::Login login) {
    api.passwords().verify(std::move(attempt->password), std::move(login.password_hash),
                           to.then<bool>([&api, attempt, user = std::move(login.user)](
                                             const Answer& to_client, bool right) {
                             decide(api, *attempt, user, right, to_client);
                           }));
  };
  api.chat().find_login(std::move(credentials->name), answer.then<chat::Login>(std::move(verify)));
}

// Refused from the commit on; live connections end within a turn of their shards.
void sign_out(Api& api, const Call& call, const Answer& answer) {
  const auto& identity = call.identity;
  api.chat().revoke_token(
      identity.token_id, identity.expires_at_ms,
      [&api, answer, token_id = identity.token_id, entry = entry_of(call, "logout"),
       no_cookies = without_cookies(call.request)](Result<void> revoked) {
        if (!revoked) return answer.fail(revoked.error());
        api.tokens().revoke(token_id);
        api.hub().end_token(auth::mark_of(token_id), hub::EndReason::kAuthEnded);
        api.note(entry);
        answer.none(no_cookies);
      });
}

void issue_ticket(Api& api, const Call& call, const Answer& answer) {
  const auto life = std::chrono::seconds(limits::kTicketLife).count();
  answer.json(
      201, Json{{"ticket", api.tokens().issue_ticket(call.identity).text}, {"expires_in", life}});
}

// A token of an external issuer is not exchanged for one of ours, which would outlive it.
void refresh_token(Api& api, const Call& call, const Answer& answer) {
  if (!auth::Tokens::is_own_id(call.identity.token_id)) {
    return answer.fail(
        error(ErrorCode::kForbidden, "this token is an external issuer's: get the next one there"));
  }
  const auto request =
      call.by_cookie() ? std::make_shared<const http::Request>(call.request) : nullptr;
  answer_with_token(api, call.user(), std::nullopt, Delivery{request}, answer);
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
