#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead {

// Where a client comes from, as far as its neighbours share it: the first 24 bits of an IPv4
// address, 48 of an IPv6 one; or "local", behind a Unix socket. A value of eight bytes.
class Network {
 public:
  constexpr Network() = default;              // local
  static Network of_ip(std::string_view ip);  // what is no address is local
  static std::optional<Network> from_wire(std::string_view text);

  std::string to_wire() const;  // "203.0.113.0/24", "2001:db8:1::/48", "local"
  constexpr std::uint64_t value() const { return value_; }
  auto operator<=>(const Network&) const = default;

 private:
  explicit constexpr Network(std::uint64_t value) : value_(value) {}
  std::uint64_t value_ = 0;  // the kind above 56 bits, then the prefix
};

}  // namespace fairlead

template <>
struct std::hash<fairlead::Network> {
  std::size_t operator()(fairlead::Network network) const noexcept {
    return std::hash<std::uint64_t>{}(network.value());
  }
};
