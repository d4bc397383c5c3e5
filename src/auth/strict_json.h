#pragma once

#include <optional>
#include <string_view>

#include "protocol/json.h"

namespace fairlead::auth {

// One JSON object, of which two readers cannot make two things: UTF-8 without a byte order mark, no
// name twice in one object (RFC 8725 section 2.5, RFC 7515 section 4), at most 8 levels deep.
// nullopt otherwise. Pure; the caller bounds the size.
std::optional<protocol::Json> parse_strict_json(std::string_view text);

}  // namespace fairlead::auth
