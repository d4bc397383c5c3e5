#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/ids.h"
#include "protocol/json.h"

// Events as the wire shows them (PROTOCOL section 5): the same JSON on every transport.
namespace fairlead::protocol {

// `cursor` and `room_id` are left out when empty / none. `data` is inserted as it is.
std::string event_json(std::string_view type, std::string_view cursor, RoomId room,
                       std::int64_t time_ms, const Json& data);

// The same with `data` as JSON text (compact, valid), which is not parsed: for the log's hot path.
std::string event_json_of_text(std::string_view type, std::string_view cursor, RoomId room,
                               std::int64_t time_ms, std::string_view data);

}  // namespace fairlead::protocol
