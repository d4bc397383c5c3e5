#include "transport/sse/sse_stream.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "core/socket.h"
#include "protocol/framing.h"

namespace fairlead::sse {
namespace {

using stream::Write;
using namespace std::chrono_literals;

constexpr auto kFlushCommentDelay = 30ms;  // NETWORKS: a proxy one event behind lets go of it then
constexpr auto kEndPatience = 5s;          // for bye to leave and the client to close
constexpr std::int64_t kRetry_ms = 2000;
constexpr std::uint32_t kWatch = EPOLLIN | EPOLLRDHUP;

std::string response_head(const StreamOptions& options) {
  std::string head = options.http_1_0 ? "HTTP/1.0 200 OK\r\n" : "HTTP/1.1 200 OK\r\n";
  head +=
      "Content-Type: text/event-stream; charset=utf-8\r\n"
      "Cache-Control: no-store, no-transform\r\n"
      "X-Accel-Buffering: no\r\n"
      "Content-Encoding: identity\r\n"
      "X-Content-Type-Options: nosniff\r\n"
      "Connection: close\r\n"
      "X-Request-Id: ";
  head += options.request_id;
  head += "\r\n";
  head += options.more_head;
  head += "\r\n";
  return head;
}

}  // namespace

SseStream::SseStream(stream::StreamEngine& engine, UniqueFd fd, const StreamOptions& options,
                     hub::OpenRequest request)
    : Connection(engine, std::move(fd)),
      flush_comments_(options.flush_comments),
      once_(options.once),
      request_(std::make_unique<hub::OpenRequest>(std::move(request))),
      own_(response_head(options)) {
  own_ += protocol::sse_retry(kRetry_ms);
  if (options.padding_bytes > 0) own_ += protocol::sse_comment(options.padding_bytes);
  if (options.max_life.count() > 0) ends_at_ = engine.now() + options.max_life;
}

void SseStream::start() {
  if (!engine_.watch(*this, kWatch)) return;
  set_deadline();
  // The head leaves at once, so that the client knows that it got through; hello takes a store
  // read.
  if (write_own() == Write::kBroken) broken_ = true;
  const auto request = std::move(request_);
  session_ = engine_.shard().open(std::move(*request), this);
  if (ending_) session_ = nullptr;  // refused while draining
  if (broken_) lost();
}

Write SseStream::write_own() {
  std::size_t sent = 0;
  const auto result = stream::write_some(fd_.get(), own_.view(), sent);
  own_.remove_prefix(sent);
  return result;
}

hub::Transport::Flush SseStream::write(const Pending& pending, std::size_t& taken) {
  batch_sent_ = once_ && pending.news;
  auto result = own_.empty() ? Write::kAll : write_own();
  if (result == Write::kAll) result = stream::write_some(fd_.get(), pending.frames, taken);
  if (result == Write::kBroken) {
    // Told to the shard when it is not in the middle of this: the deadline is now.
    broken_ = true;
    engine_.wake_at(*this, engine_.now());
    return Flush::kBroken;
  }
  want_writable(result == Write::kSome);
  if (flush_comments_) comment_at_ = engine_.now() + kFlushCommentDelay;
  if (batch_sent_ && result == Write::kAll) ends_at_ = engine_.now();
  if (flush_comments_ || batch_sent_) set_deadline();
  return result == Write::kAll ? Flush::kDone : Flush::kBlocked;
}

bool SseStream::has_read() {
  const auto unread = unread_bytes(fd_.get());
  return unread < std::exchange(unread_bytes_, unread);
}

void SseStream::set_deadline() {
  engine_.wake_at(*this, std::min(ends_at_, comment_at_));
}

void SseStream::want_writable(bool wanted) {
  if (writable_wanted_ == wanted) return;
  writable_wanted_ = wanted;
  engine_.rewatch(*this, wanted ? kWatch | EPOLLOUT : kWatch);
}

void SseStream::on_events(std::uint32_t epoll) {
  if ((epoll & (EPOLLERR | EPOLLHUP)) != 0) {
    lost();
    return;
  }
  if ((epoll & (EPOLLIN | EPOLLRDHUP)) != 0) {
    // Nothing is expected from the client; what comes is thrown away, its end is the end.
    std::array<char, 1024> ignored;
    const auto n = ::recv(fd_.get(), ignored.data(), ignored.size(), MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
      lost();
      return;
    }
  }
  if ((epoll & EPOLLOUT) != 0) {
    if (session_ != nullptr) {
      want_writable(false);
      engine_.shard().writable(session_);
      return;
    }
    const auto result = write_own();
    if (result == Write::kBroken) {
      lost();
    } else if (result == Write::kAll) {
      want_writable(false);
      ::shutdown(fd_.get(), SHUT_WR);
    }
  }
}

void SseStream::on_deadline() {
  const auto now = engine_.now();
  if (broken_ || (ending_ && now >= ends_at_)) {
    lost();
    return;
  }
  if (comment_at_ <= now) {
    comment_at_ = MonoTime::max();
    if (session_ != nullptr && session_->outbox.empty() && own_.empty()) {
      own_ = protocol::sse_comment(3);
      const auto result = write_own();
      if (result == Write::kBroken) {
        lost();
        return;
      }
      if (result == Write::kSome) want_writable(true);
    }
  }
  if (!ending_ && session_ != nullptr && now >= ends_at_) {
    engine_.shard().end(session_, batch_sent_ ? hub::EndReason::kOnce : hub::EndReason::kMaxLife);
    return;
  }
  set_deadline();
}

void SseStream::lost() {
  if (auto* session = std::exchange(session_, nullptr)) engine_.shard().cut(session);
  engine_.finish(*this);
}

void SseStream::end(const hub::Ending& ending, std::string_view unsent, std::string_view bye) {
  // An event that may have been begun must be finished, or bye would be read as part of it.
  own_ += unsent.substr(0, protocol::sse_event_end(unsent));
  if (ending.reconnect_in_ms > 0) own_ += protocol::sse_retry(ending.reconnect_in_ms);
  own_ += bye;
  session_ = nullptr;
  ending_ = true;
  ends_at_ = engine_.now() + kEndPatience;
  comment_at_ = MonoTime::max();
  set_deadline();
  const auto result = write_own();
  if (result == Write::kAll) {
    ::shutdown(fd_.get(), SHUT_WR);  // the client closes, or ends_at_ does
  } else if (result == Write::kBroken) {
    engine_.wake_at(*this, engine_.now());
    broken_ = true;
  } else {
    want_writable(true);
  }
}

}  // namespace fairlead::sse
