#pragma once

#include <string>
#include <string_view>

namespace fairlead::auth {

// The entity tag of a body (RFC 9110 section 8.8.3), quotes included: the same on every node and
// after a restart, another for every other body (BLAKE2b, 128 bits).
std::string content_tag(std::string_view body);

}  // namespace fairlead::auth
