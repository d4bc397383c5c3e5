#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/audit_log.h"
#include "auth/authenticator.h"
#include "chat/rate_limit.h"
#include "core/clock.h"
#include "http/message.h"
#include "http/origins.h"

namespace fairlead::api {

// Who is asking, out of a request: its token or cookie, and whether its page may use that. REST and
// the realtime entry have one. Any thread; does not block.
class Entrance {
 public:
  struct Parts {
    const auth::Tokens& tokens;
    auth::ExternalTokens* external_tokens = nullptr;  // none: no external issuer
    std::vector<std::string> origins = {};            // http::Origins
    audit::AuditLog* audit = nullptr;                 // none: nothing is kept
    const Clock& clock;
  };
  explicit Entrance(Parts parts);

  const http::Origins& origins() const { return origins_; }
  const auth::Authenticator& authenticator() const { return authenticator_; }

  // A bearer token, or without an Authorization header that of a cookie, if its page may use it
  // (session_cookie.h; else `forbidden`). `unauthorized`: there is none.
  Result<std::string_view> token_of(const http::Request& request) const;

  // Says whose request it is: at once with the request itself, or, with a copy of it, on the thread
  // of auth::ExternalTokens, when the token of an external issuer has not been seen lately. Errors
  // come with WWW-Authenticate.
  using Identified = std::function<void(const http::Request&, Result<auth::Identity>)>;
  void identify(const http::Request& request, std::string_view token, Identified then) const;
  // token_of(), then that.
  void authenticate(const http::Request& request, Identified then) const;

  // For the audit log, if `why` is that a token was revoked.
  void note_refusal(const http::Request& request, const Error& why) const;
  // For the audit log: somebody has tried what they may not. At most ten a minute and address.
  void note_attempt(const http::Request& request, std::string_view action) const;

 private:
  const auth::Authenticator authenticator_;
  const http::Origins origins_;
  audit::AuditLog* const audit_;
  const Clock& clock_;
  // How many refusals of one address are noted: a client that does not give up fills no disk.
  mutable chat::RateLimiter<std::string> refusals_{{10, std::chrono::minutes(1), 10}};
};

// The token of `Authorization: Bearer TOKEN` (RFC 6750 section 2.1; the scheme in any case).
// nullopt: there is no such header, or it is not that. A token in the URL is never looked at.
std::optional<std::string_view> bearer_token(const http::Request& request);

// The same error with the challenge that RFC 9110 section 15.5.2 asks of every 401.
Error with_challenge(Error error);

}  // namespace fairlead::api
