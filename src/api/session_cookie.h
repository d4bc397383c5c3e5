#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/tokens.h"
#include "core/result.h"
#include "http/message.h"
#include "http/origins.h"

// The cookie that a browser may have its token in, out of the reach of scripts. Pure functions.
namespace fairlead::api {

using Headers = std::vector<std::pair<std::string, std::string>>;

// The token in the request's cookie: `__Host-fairlead`, which no page of a sister domain and nobody
// on an unencrypted way can plant; over plain HTTP `fairlead`, too. nullopt: there is none, or two.
std::optional<std::string_view> cookie_token(const http::Request& request);

// Whether the page that sends a request may use the cookie for it (CSRF, CWE-352): Origin or
// Sec-Fetch-Site must allow it, and what changes anything needs the header X-Fairlead-CSRF as well,
// which other pages cannot set without our leave. Else `forbidden`.
Result<void> check_page(const http::Request& request, const http::Origins& origins);

// The Set-Cookie header that puts `token` into the browser that sent the request, Secure if that
// speaks https. `now_ms`: wall clock.
std::pair<std::string, std::string> cookie_with(const auth::Issued& token,
                                                const http::Request& request, std::int64_t now_ms);
// Those that take away the ones that the request brought.
Headers without_cookies(const http::Request& request);

}  // namespace fairlead::api
