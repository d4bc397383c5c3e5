#include "protocol/cursor.h"

#include "protocol/ids.h"

namespace fairlead::protocol {
namespace {
constexpr std::string_view kVersion = "c1.";
}

std::string encode_cursor(std::string_view epoch, LogPosition position) {
  std::string wire(kVersion);
  wire += epoch;
  wire += '.';
  wire += base32(position.value());
  return wire;
}

std::optional<Cursor> decode_cursor(std::string_view wire) {
  constexpr std::size_t kEpochAt = kVersion.size();
  constexpr std::size_t kPositionAt = kEpochAt + kEpochChars + 1;
  if (wire.size() != kPositionAt + 13 || !wire.starts_with(kVersion) || wire[kPositionAt - 1] != '.') {
    return std::nullopt;
  }
  const auto epoch = wire.substr(kEpochAt, kEpochChars);
  for (const char c : epoch) {
    if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'v')) return std::nullopt;
  }
  const auto position = parse_base32(wire.substr(kPositionAt));
  if (!position) return std::nullopt;
  return Cursor{std::string(epoch), LogPosition(*position)};
}

}  // namespace fairlead::protocol
