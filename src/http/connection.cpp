#include "http/connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
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

Connection::Exchange& Connection::begin_exchange(AnswerContext context) {
  ++requests;
  return in_hand.emplace_back(Exchange{std::move(context), std::nullopt});
}

Connection::Exchange* Connection::unanswered(std::uint64_t request) {
  const auto behind_it = requests - request;  // huge for a number that was never given
  if (phase != Phase::kPending || behind_it >= in_hand.size()) return nullptr;
  auto& exchange = in_hand[in_hand.size() - 1 - behind_it];
  return exchange.answer ? nullptr : &exchange;
}

bool Connection::all_answered() const {
  return std::ranges::all_of(in_hand, [](const Exchange& e) { return e.answer.has_value(); });
}

void Connection::set_answers() {
  out_.clear();
  out_begin_ = sent_bytes_ = 0;
  for (auto& [context, answer] : in_hand) {
    out_.push_back(serialise_head(*answer, context));
    if (sends_body(answer->status, context)) out_.push_back(std::move(answer->body));
  }
}

Connection::Flush Connection::flush() {
  constexpr std::size_t kPieces = 64;
  while (out_begin_ < out_.size()) {
    std::array<iovec, kPieces> pieces{};
    std::size_t count = 0;
    for (auto i = out_begin_; i < out_.size() && count < kPieces; ++i) {
      const auto skip = i == out_begin_ ? sent_bytes_ : 0;
      pieces.at(count++) = {out_[i].data() + skip, out_[i].size() - skip};
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
    while (out_begin_ < out_.size() && sent_bytes_ >= out_[out_begin_].size()) {
      sent_bytes_ -= out_[out_begin_++].size();
    }
  }
  release(out_);
  out_begin_ = 0;
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
