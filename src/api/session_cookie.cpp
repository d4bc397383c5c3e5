#include "api/session_cookie.h"

#include <algorithm>

#include "http/cookies.h"

namespace fairlead::api {
namespace {

constexpr std::string_view kSecureName = "__Host-fairlead", kPlainName = "fairlead";

bool changes_something(http::Method method) {
  return method != http::Method::kGet && method != http::Method::kHead &&
         method != http::Method::kOptions;
}

// A page under https says so even if what ends TLS before us does not.
bool browser_is_secure(const http::Request& request) {
  return request.secure || request.header("origin").value_or("").starts_with("https://") ||
         http::cookie(request, kSecureName);
}

}  // namespace

std::optional<std::string_view> cookie_token(const http::Request& request) {
  if (const auto token = http::cookie(request, kSecureName)) return token;
  return request.secure ? std::nullopt : http::cookie(request, kPlainName);
}

Result<void> check_page(const http::Request& request, const http::Origins& origins) {
  if (!origins.may_use_cookies(request)) {
    return fail(ErrorCode::kForbidden,
                "pages of this origin may not use the cookie (--origin allows more)");
  }
  if (changes_something(request.method) && !request.header("x-fairlead-csrf")) {
    return fail(ErrorCode::kForbidden, "with a cookie, send the header X-Fairlead-CSRF: 1");
  }
  return {};
}

std::pair<std::string, std::string> cookie_with(const auth::Issued& token,
                                                const http::Request& request, std::int64_t now_ms) {
  const bool secure = browser_is_secure(request);
  const auto seconds = std::max<std::int64_t>((token.expires_at_ms - now_ms) / 1000, 1);
  return {"Set-Cookie",
          http::set_cookie(secure ? kSecureName : kPlainName, token.text, seconds, secure)};
}

Headers without_cookies(const http::Request& request) {
  Headers headers;
  for (const auto name : {kSecureName, kPlainName}) {
    if (!http::cookie(request, name)) continue;
    headers.emplace_back("Set-Cookie", http::set_cookie(name, "", 0, name == kSecureName));
  }
  return headers;
}

}  // namespace fairlead::api
