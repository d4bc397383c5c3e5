#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace fairlead::http {

// The value of the cookie `name` (RFC 6265 section 4.2.1); other applications' cookies beside it
// may be what they like. nullopt: it is not there, has other characters than a cookie may have, or
// is there twice (then somebody has planted one, and we cannot know which, CWE-784), or there are
// more than 64. Pure.
std::optional<std::string_view> cookie(const Request& request, std::string_view name);

// A Set-Cookie value: for this host alone, not for scripts, not with what other sites send by
// themselves (SameSite=Lax). `value` of cookie characters. With `seconds` 0 it takes the cookie
// away.
std::string set_cookie(std::string_view name, std::string_view value, std::int64_t seconds,
                       bool secure);

}  // namespace fairlead::http
