#include "http/connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>

#include "core/release.h"

namespace fairlead::http {
namespace {

int polled(int fd) {
  pollfd entry{fd, POLLRDHUP, 0};
  return ::poll(&entry, 1, 0) == 1 ? entry.revents : 0;
}

}  // namespace

void Connection::set_answer(Response response) {
  out_head_ = serialise_head(response, context);
  out_body_ = sends_body(response.status, context) ? std::move(response.body) : std::string{};
  sent_bytes_ = 0;
}

Connection::Flush Connection::flush() {
  const std::size_t total = out_head_.size() + out_body_.size();
  while (sent_bytes_ < total) {
    std::array<iovec, 2> pieces{};
    std::size_t count = 0;
    if (sent_bytes_ < out_head_.size()) {
      pieces.at(count++) = {out_head_.data() + sent_bytes_, out_head_.size() - sent_bytes_};
    }
    const std::size_t body_at = sent_bytes_ > out_head_.size() ? sent_bytes_ - out_head_.size() : 0;
    if (body_at < out_body_.size()) {
      pieces.at(count++) = {out_body_.data() + body_at, out_body_.size() - body_at};
    }
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(fd.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK ? Flush::kBlocked : Flush::kBroken;
    }
    sent_bytes_ += static_cast<std::size_t>(sent);
  }
  release(out_head_);
  release(out_body_);
  sent_bytes_ = 0;
  return Flush::kDone;
}

bool Connection::peer_has_gone() const {
  return polled(fd.get()) != 0;
}

bool Connection::hung_up() const {
  return (polled(fd.get()) & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

void Connection::abort() {
  const linger at_once{1, 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  fd.reset();
}

}  // namespace fairlead::http
