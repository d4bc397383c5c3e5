#pragma once

#include <string>
#include <string_view>

namespace fairlead::http {

// Whether a client's X-Request-Id may be taken over: [A-Za-z0-9._-]{1,64}. It ends up in our log
// lines and headers, so nothing else may (CWE-117).
bool is_request_id(std::string_view text);

// Sixteen random hexadecimal digits. Any thread.
std::string make_request_id();

}  // namespace fairlead::http
