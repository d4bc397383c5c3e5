#include "http/listen_socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <system_error>

namespace fairlead::http {
namespace {

constexpr int kBacklog =
    4096;  // a deploy's reconnect storm fits in; the kernel caps it at somaxconn
constexpr std::string_view kUnixPrefix = "unix:";

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

tl::unexpected<Error> cannot_listen(const std::string& text, const std::string& why) {
  return fail(ErrorCode::kInternal, "cannot listen on " + text + ": " + why);
}
tl::unexpected<Error> cannot_listen(const std::string& text, int error_number) {
  return cannot_listen(text, std::generic_category().message(error_number));
}

Result<SocketAddress> resolve(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return cannot_listen(text, "expected HOST:PORT");
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  const auto port = std::string_view(text).substr(colon + 1);
  std::uint16_t number = 0;  // getaddrinfo would take 99999 for 34463
  const auto [end, problem] = std::from_chars(port.begin(), port.end(), number);
  if (problem != std::errc() || end != port.end()) {
    return cannot_listen(text, "the port must be 0 to 65535");
  }
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failure = getaddrinfo(host.c_str(), text.c_str() + colon + 1, &hints, &found);
  if (failure != 0) return cannot_listen(text, gai_strerror(failure));
  SocketAddress address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.length = found->ai_addrlen;
  freeaddrinfo(found);
  return address;
}

UniqueFd stream_socket(int family) {
  return UniqueFd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

UniqueFd bound_tcp(SocketAddress& address, bool reuse_port) {
  UniqueFd fd = stream_socket(address.storage.ss_family);
  if (!fd) return {};
  const int one = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (reuse_port) setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
  if (::bind(fd.get(), address.get(), address.length) != 0) return {};
  return fd;
}

int port_of(const SocketAddress& address) {
  in_port_t port = 0;  // the same place in sockaddr_in and sockaddr_in6
  std::memcpy(&port,
              reinterpret_cast<const char*>(&address.storage) + offsetof(sockaddr_in, sin_port),
              sizeof port);
  return ntohs(port);
}

Result<ListenAddress> listen_tcp(const std::string& text, int workers) {
  auto address = resolve(text);
  if (!address) return tl::unexpected(address.error());
  {
    // SO_REUSEPORT would share the port with another server of the same user without a word: the
    // first bind, without it, finds that out, and gives ":0" its port.
    const UniqueFd probe = bound_tcp(*address, false);
    if (!probe) return cannot_listen(text, errno);
    if (getsockname(probe.get(), address->get(), &address->length) != 0)
      return cannot_listen(text, errno);
  }
  ListenAddress out;
  out.port = port_of(*address);
  for (int i = 0; i < workers; ++i) {
    UniqueFd fd = bound_tcp(*address, true);
    if (!fd || ::listen(fd.get(), kBacklog) != 0) return cannot_listen(text, errno);
    out.sockets.push_back(std::make_shared<UniqueFd>(std::move(fd)));
  }
  return out;
}

// A file that a killed process left behind answers connect() with ECONNREFUSED.
bool is_stale(SocketAddress& address, const std::string& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return false;
  const UniqueFd fd = stream_socket(AF_UNIX);
  return fd && ::connect(fd.get(), address.get(), address.length) != 0 && errno == ECONNREFUSED;
}

Result<ListenAddress> listen_unix(const std::string& text, int workers) {
  ListenAddress out;
  out.is_unix = true;
  out.path = text.substr(kUnixPrefix.size());
  SocketAddress address;
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (out.path.empty() || out.path.size() >= sizeof name.sun_path) {
    return cannot_listen(text, "the path must have 1 to 107 bytes");
  }
  std::memcpy(name.sun_path, out.path.c_str(), out.path.size() + 1);
  std::memcpy(&address.storage, &name, sizeof name);
  address.length = sizeof name;

  UniqueFd fd = stream_socket(AF_UNIX);
  if (!fd) return cannot_listen(text, errno);
  if (is_stale(address, out.path)) ::unlink(out.path.c_str());
  if (::bind(fd.get(), address.get(), address.length) != 0) return cannot_listen(text, errno);
  // Before listen(): nobody connects to a file whose mode is not yet right.
  if (::chmod(out.path.c_str(), 0666) != 0) return cannot_listen(text, errno);
  if (::listen(fd.get(), kBacklog) != 0) return cannot_listen(text, errno);
  struct stat info {};
  if (lstat(out.path.c_str(), &info) == 0) out.inode = info.st_ino;
  out.sockets.assign(static_cast<std::size_t>(workers), std::make_shared<UniqueFd>(std::move(fd)));
  return out;
}

}  // namespace

Result<ListenAddress> listen_on(const std::string& text, int workers) {
  return text.starts_with(kUnixPrefix) ? listen_unix(text, workers) : listen_tcp(text, workers);
}

void remove_socket_file(const ListenAddress& address) {
  struct stat info {};
  if (!address.is_unix || lstat(address.path.c_str(), &info) != 0) return;
  if (S_ISSOCK(info.st_mode) && info.st_ino == address.inode) ::unlink(address.path.c_str());
}

}  // namespace fairlead::http
