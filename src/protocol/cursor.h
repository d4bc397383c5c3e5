#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/ids.h"

// A cursor names a place in one log: the log's epoch (made when its store was created, so that a cursor of
// another store is known as such) and the position of the last event seen. `c1.EPOCH.POSITION`, the position
// in 13 sortable digits: of one log, later cursors are greater strings. Opaque to clients.
namespace fairlead::protocol {

inline constexpr std::size_t kEpochChars = 8;  // of [0-9a-v]

struct Cursor {
  std::string epoch;
  LogPosition position;
};

std::string encode_cursor(std::string_view epoch, LogPosition position);
// nullopt for what no log of any epoch would have written. At most 128 characters are looked at.
std::optional<Cursor> decode_cursor(std::string_view wire);

}  // namespace fairlead::protocol
