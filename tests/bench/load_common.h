// What the suite's two load generators share: time, a histogram, and just enough HTTP and WebSocket.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace load {

inline std::int64_t now_ns() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

// Log-linear: 64 steps to each power of two, so within 1.6 %.
class Histogram {
 public:
  void add(std::int64_t ns) {
    const auto v = static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0));
    ++counts_[slot(v)];
    ++n_;
    max_ = std::max(max_, v);
  }
  std::uint64_t count() const { return n_; }
  double max_ms() const { return static_cast<double>(max_) / 1e6; }
  double ms(double quantile) const {
    const auto wanted = static_cast<std::uint64_t>(quantile * static_cast<double>(n_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > wanted) return std::min(static_cast<double>(value(i)) / 1e6, max_ms());
    }
    return max_ms();
  }

 private:
  static std::size_t slot(std::uint64_t v) {
    if (v < 128) return v;
    const auto shift = static_cast<std::size_t>(std::bit_width(v)) - 7;
    return shift * 64 + (v >> shift);
  }
  static std::uint64_t value(std::size_t slot) {
    if (slot < 128) return slot;
    const auto shift = slot / 64 - 1;
    return ((slot - shift * 64) << shift) + (std::uint64_t{1} << shift) / 2;
  }
  std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(64 * 60);
  std::uint64_t n_ = 0, max_ = 0;
};

inline void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Begins to connect; closing it later is a reset, so that no port is kept in TIME_WAIT.
inline int connect_to(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    std::perror("socket");
    std::exit(1);
  }
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  const linger reset{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // Whether it worked is seen when the socket can be written to.
  (void)!connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return fd;
}

inline int socket_error(int fd) {
  int problem = 0;
  socklen_t size = sizeof problem;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size);
  return problem;
}

// `123|rest`: takes the number and the bar.
inline bool take_number(std::string_view& text, std::int64_t& number) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto used = static_cast<std::size_t>(end - text.data());
  if (problem != std::errc() || used >= text.size() || text[used] != '|') return false;
  text.remove_prefix(used + 1);
  return true;
}

inline std::string request(const std::string& method, const std::string& target, const std::string& token,
                           const std::string& body = {}) {
  std::string text = method + ' ' + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + token + "\r\n";
  if (method != "GET") {
    text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  }
  return text + "\r\n" + body;
}

inline int status_of(std::string_view head) {
  return head.size() > 12 ? std::atoi(head.data() + 9) : 0;
}

// Empty if there is none. `name` in small letters.
inline std::string_view header_of(std::string_view head, std::string_view name) {
  for (auto at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    const auto line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
    if (line.size() > name.size() && line[name.size()] == ':' &&
        strncasecmp(line.data(), name.data(), name.size()) == 0) {
      const auto value = line.find_first_not_of(' ', name.size() + 1);
      return value == std::string_view::npos ? std::string_view() : line.substr(value);
    }
  }
  return {};
}

// Takes the chunked coding off a body as it comes in.
struct Dechunk {
  bool chunked = false;
  bool ended = false;
  std::size_t left = 0;  // of the present chunk, its line break included

  // Appends to `body`; returns how many bytes of `in` it used.
  std::size_t feed(std::string_view in, std::string& body) {
    if (!chunked) return body.append(in), in.size();
    std::size_t used = 0;
    while (used < in.size() && !ended) {
      if (left == 0) {
        const auto line = in.find("\r\n", used);
        if (line == std::string_view::npos) break;
        left = std::strtoul(in.data() + used, nullptr, 16) + 2;
        used = line + 2;
        if (left == 2) ended = true;  // the last chunk; its line break follows
        continue;
      }
      const auto n = std::min(left, in.size() - used);
      const auto data = left > 2 ? std::min(n, left - 2) : 0;
      body.append(in.substr(used, data));
      left -= n;
      used += n;
    }
    if (ended && in.size() - used >= 2) used += 2, left = 0;
    return used;
  }
};

struct Answer {
  int status = 0;
  std::size_t size = 0;  // head and body
  std::string body;
};

// A whole response at the front of `in`, or nothing.
inline std::optional<Answer> next_answer(std::string_view in) {
  const auto end = in.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  const auto head = in.substr(0, end + 4);
  Answer answer{status_of(head), head.size(), {}};
  if (header_of(head, "transfer-encoding").find("chunked") != std::string_view::npos) {
    Dechunk dechunk{true};
    answer.size += dechunk.feed(in.substr(head.size()), answer.body);
    if (!dechunk.ended || dechunk.left != 0) return std::nullopt;
    return answer;
  }
  const auto length = std::strtoul(std::string(header_of(head, "content-length")).c_str(), nullptr, 10);
  if (in.size() - head.size() < length) return std::nullopt;
  answer.body = in.substr(head.size(), length);
  answer.size += length;
  return answer;
}

struct Frame {
  int opcode = 0;
  std::size_t size = 0;  // with its head
  std::string_view payload;
};

// A server's (unmasked) frame at the front of `in`, or nothing.
inline std::optional<Frame> next_frame(std::string_view in) {
  const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(in[i])); };
  if (in.size() < 2) return std::nullopt;
  std::size_t length = byte(1) & 127, head = 2;
  if (length == 126) head = 4;
  if (length == 127) head = 10;
  if (in.size() < head) return std::nullopt;
  if (head > 2) {
    length = 0;
    for (std::size_t i = 2; i < head; ++i) length = length << 8 | byte(i);
  }
  if (in.size() - head < length) return std::nullopt;
  return Frame{static_cast<int>(byte(0) & 15), head + length, in.substr(head, length)};
}

inline std::string masked_pong(std::string_view payload) {
  std::string frame{'\x8a', static_cast<char>(0x80 | payload.size())};
  return frame.append(4, '\0').append(payload);  // under a mask of zeros
}

}  // namespace load
