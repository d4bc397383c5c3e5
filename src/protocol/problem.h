#pragma once

#include <string>
#include <string_view>

#include "core/error.h"

// RFC 9457 problem details as JSON, the same members as the REST answers have. Pure function.
namespace fairlead::protocol {

// `{"type","title","status","code","detail","request_id"[,"fields"][,"retry_after_s"]}`. The last
// one is the Retry-After header, which a WebSocket frame does not have and a proxy may change.
std::string problem_json(const Error& error, std::string_view request_id);

}  // namespace fairlead::protocol
