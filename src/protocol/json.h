#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "protocol/model.h"

// The JSON forms of the model (PROTOCOL section 4). Pure functions; keys keep the order they are written in.
namespace fairlead::protocol {

using Json = nlohmann::ordered_json;

std::string rfc3339(std::int64_t ms);  // 2026-11-21T23:37:06.123Z

std::string_view to_wire(Role role);
std::string_view to_wire(Visibility visibility);
std::string_view to_wire(RoomKind kind);
std::optional<Role> parse_role(std::string_view wire);
std::optional<Visibility> parse_visibility(std::string_view wire);

Json to_json(const User& user);
Json to_json(const SeenRoom& seen);
Json to_json(const Room& room);  // as all see it: `role` is null
Json to_json(const Member& member);

// The message as JSON text: it is what is stored, sent and answered. `metadata` is JSON already.
std::string message_json(const Message& message);

// Compact. Text that is not UTF-8 cannot be here (every input is checked), so this does not throw.
std::string dump(const Json& json);

// A JSON object out of a request body or a WebSocket message. Refuses what is not an object, not UTF-8,
// holds a NUL, nests deeper than 32 levels, or has more than 1,000 keys: `malformed_json`. A NUL in the text
// of one of its own fields is `invalid_fields`, with the field's name.
Result<Json> parse_object(std::string_view text);

// Number of code points of valid UTF-8.
std::size_t characters(std::string_view utf8);

}  // namespace fairlead::protocol
