#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace fairlead {

// A number that names one kind of thing and cannot be mixed up with another. 0 means "none".
// The wire form (`u_…`, `r_…`, `m_…`) is made and read in protocol/ids.h.
template <typename Tag>
class StrongId {
 public:
  constexpr StrongId() = default;
  constexpr explicit StrongId(std::int64_t value) : value_(value) {}
  constexpr std::int64_t value() const { return value_; }
  constexpr explicit operator bool() const { return value_ != 0; }
  constexpr auto operator<=>(const StrongId&) const = default;

 private:
  std::int64_t value_ = 0;
};

using UserId = StrongId<struct UserTag>;
using RoomId = StrongId<struct RoomTag>;
using MessageId = StrongId<struct MessageTag>;
// The place of an event in the log: 1, 2, 3, … in commit order, over all rooms.
using LogPosition = StrongId<struct LogTag>;

// Stands for a token where its id is not needed, but many are kept (auth::mark_of()). Two tokens
// never have the same.
struct TokenMark {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  bool operator==(const TokenMark&) const = default;
};

}  // namespace fairlead

template <>
struct std::hash<fairlead::TokenMark> {
  std::size_t operator()(const fairlead::TokenMark& mark) const noexcept { return mark.first; }
};

template <typename Tag>
struct std::hash<fairlead::StrongId<Tag>> {
  std::size_t operator()(fairlead::StrongId<Tag> id) const noexcept {
    // splitmix64: ids made by one store share their low bits.
    auto x = static_cast<std::uint64_t>(id.value()) + 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return static_cast<std::size_t>(x ^ (x >> 31));
  }
};
