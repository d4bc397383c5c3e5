#pragma once

#include <string_view>

namespace fairlead {

// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. What came
// as JSON has been checked by its parser; headers and path segments have not.
bool is_utf8(std::string_view text);

}  // namespace fairlead
