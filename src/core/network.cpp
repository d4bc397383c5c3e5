#include "core/network.h"

#include <arpa/inet.h>

#include <array>

namespace fairlead {
namespace {

constexpr int kKindAt = 56;
constexpr std::uint64_t kV4 = std::uint64_t{4} << kKindAt, kV6 = std::uint64_t{6} << kKindAt;

}  // namespace

Network Network::of_ip(std::string_view ip) {
  const std::string text(ip);
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) return Network(kV4 | ntohl(v4.s_addr) >> 8);
  if (::inet_pton(AF_INET6, text.c_str(), &v6) != 1) return {};
  std::uint64_t prefix = 0;
  for (int i = 0; i < 6; ++i) prefix = prefix << 8 | v6.s6_addr[i];
  return Network(kV6 | prefix);
}

std::optional<Network> Network::from_wire(std::string_view text) {
  const auto network = of_ip(text.substr(0, text.find('/')));
  return network.to_wire() == text ? std::optional(network) : std::nullopt;
}

std::string Network::to_wire() const {
  std::array<char, INET6_ADDRSTRLEN> out;
  const auto kind = value_ >> kKindAt << kKindAt;
  if (kind == kV4) {
    const in_addr v4{htonl(static_cast<std::uint32_t>(value_) << 8)};
    return std::string(::inet_ntop(AF_INET, &v4, out.data(), out.size())) + "/24";
  }
  if (kind == kV6) {
    in6_addr v6{};
    for (int i = 0; i < 6; ++i) v6.s6_addr[i] = static_cast<std::uint8_t>(value_ >> (40 - 8 * i));
    return std::string(::inet_ntop(AF_INET6, &v6, out.data(), out.size())) + "/48";
  }
  return "local";
}

}  // namespace fairlead
