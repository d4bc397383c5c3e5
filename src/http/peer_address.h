#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace fairlead::http {

// The text of an IPv4 or IPv6 address as inet_ntop writes it; nullopt if `text` is none. An IPv4
// address inside IPv6 (::ffff:192.0.2.1) becomes IPv4, so that one client has one name.
std::optional<std::string> normal_ip(std::string_view text);

// Whose request it is: the peer's, or of whom a trusted proxy says so (X-Real-IP).
std::string client_ip(const Request& request, const std::string& peer_ip, bool trusted_proxy);

// The address of the other end. A Unix-socket peer is a process of this host: "127.0.0.1".
std::string peer_ip(const sockaddr_storage& address);

}  // namespace fairlead::http
