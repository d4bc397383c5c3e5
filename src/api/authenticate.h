#pragma once

#include <optional>
#include <string_view>

#include "auth/tokens.h"
#include "http/message.h"

namespace fairlead::api {

// The token of `Authorization: Bearer TOKEN` (RFC 6750 section 2.1; the scheme in any case).
// nullopt: there is no such header, or it is not that. A token in the URL is never looked at.
std::optional<std::string_view> bearer_token(const http::Request& request);

// `unauthorized`, with WWW-Authenticate, if there is no token or it is not good. Does not block.
Result<auth::Identity> authenticate(const http::Request& request, const auth::Tokens& tokens);

// The same error with the challenge that RFC 9110 section 15.5.2 asks of every 401.
Error with_challenge(Error error);

}  // namespace fairlead::api
