#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/unique_fd.h"

namespace fairlead::http {

// What a client got: parsed just enough to judge it, and strictly, so that a stray byte of another
// answer shows.
struct Received {
  int status = 0;  // 0: the connection ended before a whole answer
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  std::string header(std::string_view lower_name) const {
    for (const auto& [name, value] : headers) {
      if (name == lower_name) return value;
    }
    return {};
  }
};

// A blocking client socket that sends and reads exactly what a test says. Every read ends after 20
// s: a test that waits for something that never comes fails instead of hanging.
class RawClient {
 public:
  static RawClient tcp(int port, int receive_buffer_bytes = 0) {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (receive_buffer_bytes > 0) {
      setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                 sizeof receive_buffer_bytes);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<in_port_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int one = 1;
    setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      return RawClient({});
    return RawClient(std::move(fd));
  }
  static RawClient unix_socket(const std::string& path) {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      return RawClient({});
    return RawClient(std::move(fd));
  }

  bool connected() const { return static_cast<bool>(fd_); }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  // One answer. `to_head`: it has no body whatever its length says.
  Received receive(bool to_head = false) {
    Received answer;
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!fill()) return {};
    }
    parse_head(std::string_view(buffer_).substr(0, end + 2), answer);
    buffer_.erase(0, end + 4);
    std::size_t length = 0;
    const std::string text = answer.header("content-length");
    std::from_chars(text.data(), text.data() + text.size(), length);
    if (to_head || answer.status == 204) length = 0;
    while (buffer_.size() < length) {
      if (!fill()) return {};
    }
    answer.body = buffer_.substr(0, length);
    buffer_.erase(0, length);
    return answer;
  }
  Received exchange(std::string_view request, bool to_head = false) {
    send(request);
    return receive(to_head);
  }
  // Everything up to the end of the connection.
  std::string drain() {
    while (fill()) {
    }
    return std::exchange(buffer_, {});
  }
  // True if the server closes without another byte.
  bool closed_cleanly() { return buffer_.empty() && !fill() && !timed_out_; }
  bool timed_out() const { return timed_out_; }

  void half_close() { ::shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }
  void reset() {
    const linger at_once{1, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    fd_.reset();
  }
  int fd() const { return fd_.get(); }

 private:
  explicit RawClient(UniqueFd fd) : fd_(std::move(fd)) {
    const timeval limit{20, 0};
    if (fd_) setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }

  bool fill() {
    char bytes[16 * 1024];
    const ssize_t n = ::recv(fd_.get(), bytes, sizeof bytes, 0);
    timed_out_ = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (n <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(n));
    return true;
  }

  static void parse_head(std::string_view head, Received& answer) {
    if (!head.starts_with("HTTP/1.1 ")) return;
    std::from_chars(head.data() + 9, head.data() + 12, answer.status);
    head.remove_prefix(head.find("\r\n") + 2);
    while (!head.empty()) {
      const std::string_view line = head.substr(0, head.find("\r\n"));
      head.remove_prefix(line.size() + 2);
      const std::size_t colon = line.find(": ");
      if (colon == std::string_view::npos) continue;
      std::string name(line.substr(0, colon));
      std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
      answer.headers.emplace_back(std::move(name), line.substr(colon + 2));
    }
  }

  UniqueFd fd_;
  std::string buffer_;
  bool timed_out_ = false;
};

}  // namespace fairlead::http
