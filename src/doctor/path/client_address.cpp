#include "doctor/path/client_address.h"

#include <arpa/inet.h>

#include <array>
#include <string>

namespace fairlead::doctor {
namespace {

enum class Reach { kHost, kInner, kWorld };

Reach reach_of_ipv4(const std::array<unsigned char, 4>& ip) {
  if (ip[0] == 127) return Reach::kHost;
  const bool inner = ip[0] == 10 || (ip[0] == 172 && (ip[1] & 0xf0U) == 16) ||
                     (ip[0] == 192 && ip[1] == 168) || (ip[0] == 169 && ip[1] == 254) ||
                     (ip[0] == 100 && (ip[1] & 0xc0U) == 64);
  return inner ? Reach::kInner : Reach::kWorld;
}

Reach reach_of(std::string_view address) {
  const std::string text(address.substr(0, address.find('/')));
  std::array<unsigned char, 4> v4{};
  if (::inet_pton(AF_INET, text.c_str(), v4.data()) == 1) return reach_of_ipv4(v4);
  std::array<unsigned char, 16> v6{};
  if (::inet_pton(AF_INET6, text.c_str(), v6.data()) != 1) return Reach::kWorld;
  if (text == "::1" || text == "::") return Reach::kHost;  // as a /48, ::1 is ::
  const bool inner = (v6[0] & 0xfeU) == 0xfc || (v6[0] == 0xfe && (v6[1] & 0xc0U) == 0x80);
  return inner ? Reach::kInner : Reach::kWorld;
}

}  // namespace

Symptom judge_client_address(const SeenFrom& seen) {
  if (seen.network == "local") return Symptom::kAddressUnknown;  // a Unix socket's other end
  const auto network = reach_of(seen.network);
  const auto peer = reach_of(seen.peer_ip);
  // On one host the address can be right by accident: the proxy's is the client's there.
  const bool by_accident = seen.by_reverse_proxy && !seen.by_forward_proxy && !seen.real_ip_arrived;
  if (network == Reach::kHost && (peer != Reach::kHost || by_accident)) {
    return seen.real_ip_arrived ? Symptom::kAddressUntrusted : Symptom::kAddressUnknown;
  }
  if (network == Reach::kInner && peer == Reach::kWorld && !seen.by_forward_proxy) {
    return Symptom::kAddressOfProxy;
  }
  return Symptom::kNone;
}

}  // namespace fairlead::doctor
