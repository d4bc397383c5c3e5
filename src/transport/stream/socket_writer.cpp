#include "transport/stream/socket_writer.h"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace fairlead::stream {
namespace {

constexpr int kFlags = MSG_NOSIGNAL | MSG_DONTWAIT;

Write failed() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Write::kSome : Write::kBroken;
}

}  // namespace

Write write_text(int fd, const std::string& text, std::size_t& offset) {
  while (offset < text.size()) {
    const auto n = ::send(fd, text.data() + offset, text.size() - offset, kFlags);
    if (n < 0) return failed();
    offset += static_cast<std::size_t>(n);
  }
  return Write::kAll;
}

Write write_outbox(int fd, hub::Outbox& outbox) {
  while (!outbox.empty()) {
    std::array<iovec, 64> parts;
    const auto count = std::min(outbox.size(), parts.size());
    std::size_t total = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto& bytes = *outbox.at(i).bytes;
      const auto skip = i == 0 ? outbox.offset() : 0;
      parts[i] = {const_cast<char*>(bytes.data()) + skip, bytes.size() - skip};
      total += bytes.size() - skip;
    }
    ssize_t n;
    if (count == 1) {
      n = ::send(fd, parts[0].iov_base, parts[0].iov_len, kFlags);
    } else {
      msghdr message{};
      message.msg_iov = parts.data();
      message.msg_iovlen = count;
      n = ::sendmsg(fd, &message, kFlags);
    }
    if (n < 0) return failed();
    outbox.take(static_cast<std::size_t>(n));
    if (static_cast<std::size_t>(n) < total) return Write::kSome;
  }
  return Write::kAll;
}

}  // namespace fairlead::stream
