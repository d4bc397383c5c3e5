#include "http/peer_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstring>

namespace fairlead::http {
namespace {

std::string text_of(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family, address, text.data(), text.size());
  return text.data();
}

std::string text_of_v6(const in6_addr& address) {
  if (!IN6_IS_ADDR_V4MAPPED(&address)) return text_of(AF_INET6, &address);
  in_addr v4{};
  std::memcpy(&v4, address.s6_addr + 12, sizeof v4);
  return text_of(AF_INET, &v4);
}

}  // namespace

std::optional<std::string> normal_ip(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN) return std::nullopt;
  const std::string terminated(text);
  if (terminated.size() != std::strlen(terminated.c_str())) return std::nullopt;
  in_addr v4{};
  if (inet_pton(AF_INET, terminated.c_str(), &v4) == 1) return text_of(AF_INET, &v4);
  in6_addr v6{};
  if (inet_pton(AF_INET6, terminated.c_str(), &v6) == 1) return text_of_v6(v6);
  return std::nullopt;
}

std::string peer_ip(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return text_of(AF_INET, &v4.sin_addr);
  }
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    return text_of_v6(v6.sin6_addr);
  }
  return "127.0.0.1";
}

std::string client_ip(const Request& request, const std::string& peer_ip, bool trusted_proxy) {
  if (trusted_proxy) {
    if (auto ip = normal_ip(request.header("x-real-ip").value_or(""))) return *std::move(ip);
  }
  return peer_ip;
}

}  // namespace fairlead::http
