#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/ids.h"

// The wire form of ids: a type prefix and 13 digits of base 32 (0-9a-v, most significant first), so that
// wire ids sort as their numbers do. Pure functions.
namespace fairlead::protocol {

std::string to_wire(UserId id);     // u_…
std::string to_wire(RoomId id);     // r_…
std::string to_wire(MessageId id);  // m_…

// nullopt for anything that to_wire() does not write.
std::optional<UserId> parse_user_id(std::string_view wire);
std::optional<RoomId> parse_room_id(std::string_view wire);
std::optional<MessageId> parse_message_id(std::string_view wire);

// 13 digits of base 32 for any non-negative number, and back.
std::string base32(std::int64_t value);
std::optional<std::int64_t> parse_base32(std::string_view digits);

}  // namespace fairlead::protocol
