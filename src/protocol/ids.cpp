#include "protocol/ids.h"

namespace fairlead::protocol {
namespace {

constexpr std::size_t kDigits = 13;  // 13 × 5 bits hold any non-negative 64-bit number

template <typename Id>
std::optional<Id> parse(std::string_view wire, char prefix) {
  if (wire.size() != kDigits + 2 || wire[0] != prefix || wire[1] != '_') return std::nullopt;
  const auto value = parse_base32(wire.substr(2));
  if (!value || *value == 0) return std::nullopt;
  return Id(*value);
}

}  // namespace

std::string base32(std::int64_t value) {
  std::string digits(kDigits, '0');
  auto rest = static_cast<std::uint64_t>(value);
  for (std::size_t i = kDigits; i-- > 0; rest >>= 5) {
    digits[i] = "0123456789abcdefghijklmnopqrstuv"[rest & 31];
  }
  return digits;
}

std::optional<std::int64_t> parse_base32(std::string_view digits) {
  if (digits.size() != kDigits || digits[0] > '7') return std::nullopt;  // above 2^63 - 1
  std::uint64_t value = 0;
  for (const char c : digits) {
    std::uint64_t digit;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'v') {
      digit = static_cast<std::uint64_t>(c - 'a' + 10);
    } else {
      return std::nullopt;
    }
    value = value << 5 | digit;
  }
  return static_cast<std::int64_t>(value);
}

std::string to_wire(UserId id) { return "u_" + base32(id.value()); }
std::string to_wire(RoomId id) { return "r_" + base32(id.value()); }
std::string to_wire(MessageId id) { return "m_" + base32(id.value()); }

std::optional<UserId> parse_user_id(std::string_view wire) { return parse<UserId>(wire, 'u'); }
std::optional<RoomId> parse_room_id(std::string_view wire) { return parse<RoomId>(wire, 'r'); }
std::optional<MessageId> parse_message_id(std::string_view wire) {
  return parse<MessageId>(wire, 'm');
}

}  // namespace fairlead::protocol
