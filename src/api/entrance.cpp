#include "api/entrance.h"

#include <memory>
#include <utility>

#include "api/handler.h"
#include "api/session_cookie.h"
#include "core/text.h"

namespace fairlead::api {
namespace {

constexpr std::string_view kScheme = "bearer";

}  // namespace

std::optional<std::string_view> bearer_token(const http::Request& request) {
  const auto value = request.header("authorization");
  if (!value || value->size() <= kScheme.size()) return std::nullopt;
  if (!same_ignoring_case(value->substr(0, kScheme.size()), kScheme)) return std::nullopt;
  auto token = value->substr(kScheme.size());
  const auto begin = token.find_first_not_of(' ');
  if (begin == 0 || begin == std::string_view::npos) return std::nullopt;
  token.remove_prefix(begin);
  token.remove_suffix(token.size() - token.find_last_not_of(' ') - 1);
  return token;
}

Error with_challenge(Error error) {
  if (error.code == ErrorCode::kUnauthorized) error.headers.emplace("WWW-Authenticate", "Bearer");
  return error;
}

Entrance::Entrance(Parts parts)
    : authenticator_(parts.tokens, parts.external_tokens),
      origins_(parts.origins),
      audit_(parts.audit),
      clock_(parts.clock) {}

Result<std::string_view> Entrance::token_of(const http::Request& request) const {
  if (const auto token = bearer_token(request)) return *token;
  const auto cookie = request.header("authorization") ? std::nullopt : cookie_token(request);
  if (cookie) {
    if (auto allowed = check_page(request, origins_); !allowed) return fail(allowed.error());
    return *cookie;
  }
  return fail(with_challenge(
      error(ErrorCode::kUnauthorized, "send a token as `Authorization: Bearer TOKEN`")));
}

void Entrance::identify(const http::Request& request, std::string_view token,
                        Identified then) const {
  const auto tell = [this, then = std::move(then)](const http::Request& from,
                                                   Result<auth::Identity> identity) {
    if (!identity) {
      note_refusal(from, identity.error());
      return then(from, fail(with_challenge(std::move(identity.error()))));
    }
    then(from, std::move(identity));
  };
  if (auto known = authenticator_.known(token)) return tell(request, *std::move(known));
  authenticator_.check(token,
                       [tell, copy = std::make_shared<const http::Request>(request)](
                           Result<auth::Identity> identity) { tell(*copy, std::move(identity)); });
}

void Entrance::authenticate(const http::Request& request, Identified then) const {
  const auto token = token_of(request);
  if (!token) return then(request, fail(token.error()));
  identify(request, *token, std::move(then));
}

// Only of tokens that were revoked: somebody goes on with what was taken from them.
void Entrance::note_refusal(const http::Request& request, const Error& why) const {
  if (why.detail == auth::kRevokedDetail) note_attempt(request, "revoked_token_refused");
}

void Entrance::note_attempt(const http::Request& request, std::string_view action) const {
  if (audit_ == nullptr) return;
  if (!refusals_.charge(throttle_key(request.client_ip), clock_.mono()).allowed) return;
  audit_->note({.action = action, .address = request.client_ip, .request_id = request.id});
}

}  // namespace fairlead::api
