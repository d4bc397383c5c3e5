#include "fallback/poll/held_poll.h"

#include <algorithm>

#include "core/socket.h"
#include "fallback/poll/poll_answer.h"
#include "http/response_writer.h"
#include "protocol/cursor.h"
#include "transport/stream/socket_writer.h"

namespace fairlead::poll {
namespace {

// Not EPOLLIN: a pipelined request stays in the kernel for the HTTP worker. A client that has gone shows as
// EPOLLRDHUP all the same.
constexpr std::uint32_t kWatch = EPOLLRDHUP;

// The client's own cursor goes into answers: only if it is one, for they are not escaped.
std::string echoed(const std::optional<std::string>& cursor) {
  return cursor && protocol::decode_cursor(*cursor) ? *cursor : std::string();
}

}  // namespace

HeldPoll::HeldPoll(stream::StreamEngine& engine, http::TakenConnection connection,
                   PollOptions options, hub::OpenRequest request, GiveBack give_back)
    : Connection(engine, std::move(connection.fd)),
      connection_(std::move(connection)),
      options_(std::move(options)),
      request_(std::make_unique<hub::OpenRequest>(std::move(request))),
      give_back_(std::move(give_back)),
      session_id_(request_->session),
      asked_cursor_(echoed(request_->cursor)),
      heartbeat_s_(request_->heartbeat_s) {}

void HeldPoll::start() {
  if (!engine_.watch(*this, kWatch)) return;
  times_out_at_ = engine_.now() + options_.timeout;
  const auto request = std::move(request_);
  session_ = engine_.shard().poll(std::move(*request), this);
  if (answered_) session_ = nullptr;
  if (!answered_ && options_.timeout.count() > 0) engine_.wake_at(*this, times_out_at_);
}

hub::Transport::Flush HeldPoll::write(const Pending& pending, std::size_t& taken) {
  const bool live = session_->state == hub::Session::State::kLive;
  if (pending.frames.empty()) {
    waits_live_ = live;
    if (!live || options_.timeout.count() > 0) return Flush::kDone;
  } else {
    const bool full = session_->outbox.frames() >= session_->frames_max;
    const bool more_on_its_way = !live && session_->reading && !full;
    if (more_on_its_way) return Flush::kDone;
    if (waits_live_ && live && !full) {
      linger();
      return Flush::kDone;
    }
  }
  taken = pending.frames.size();
  answer_events(pending.frames);  // a short poll: nothing is an answer too
  return Flush::kAnswered;
}

void HeldPoll::linger() {
  if (answer_at_ != MonoTime::max()) return;
  answer_at_ = engine_.now() + limits::kPollLinger;
  engine_.wake_at(*this, std::min(answer_at_, times_out_at_));
}

void HeldPoll::answer_events(std::string_view lines) {
  PollAnswer body;
  body.session = session_id_;
  body.cursor = engine_.shard().cursor_of(*session_);
  body.lines = lines;
  body.heartbeat_s = heartbeat_s_;
  session_ = nullptr;
  answer({200, "application/json", to_json(body), {{"Cache-Control", "no-store"}}});
}

// Where this poll began: what a client comes back with that has been given nothing.
std::string HeldPoll::start_cursor() const {
  const bool begun = session_ != nullptr && session_->state != hub::Session::State::kOpening;
  return begun ? engine_.shard().cursor_at(session_->acknowledged) : asked_cursor_;
}

void HeldPoll::answer(http::Response response) {
  answered_ = true;
  bytes_ = http::serialise_head(response, {options_.request_id, false, connection_.keep_alive});
  bytes_ += response.body;
  // At once when nothing else is going on; else an answer would be written in the middle of a turn.
  engine_.wake_at(*this, engine_.now());
}

void HeldPoll::write_answer() {
  const auto result = stream::write_some(fd_.get(), bytes_, sent_);
  if (result == stream::Write::kSome) {
    engine_.rewatch(*this, kWatch | EPOLLOUT);
    await_reader();
    return;
  }
  if (result == stream::Write::kAll && connection_.keep_alive) {
    connection_.fd = engine_.unwatch(*this);
    give_back_(std::move(connection_));
  }
  engine_.finish(*this);
}

void HeldPoll::await_reader() {
  blocked_ = true;
  unread_bytes_ = unread_bytes(fd_.get());
  engine_.wake_at(*this, engine_.now() + limits::kUnreadAnswerTimeout);
}

void HeldPoll::on_events(std::uint32_t epoll) {
  if ((epoll & (EPOLLERR | EPOLLHUP)) != 0 || (!answered_ && (epoll & EPOLLRDHUP) != 0)) {
    lost();
  } else if (answered_ && (epoll & EPOLLOUT) != 0) {
    write_answer();
  } else if ((epoll & EPOLLRDHUP) != 0) {
    engine_.rewatch(*this, EPOLLOUT);  // it only listens now; the answer is still welcome
  }
}

void HeldPoll::on_deadline() {
  if (answered_) {
    if (!blocked_) {
      write_answer();
    } else if (unread_bytes(fd_.get()) < unread_bytes_) {
      await_reader();  // slowly, but it reads
    } else {
      lost();
    }
    return;
  }
  if (session_ == nullptr) return;
  // The end of the linger or of the time: whatever there is, is the answer.
  auto* session = session_;
  if (session->state == hub::Session::State::kOpening) {
    engine_.wake_at(*this, engine_.now() + limits::kPollLinger);  // its place in the log is still unknown
    return;
  }
  answer_events(session->outbox.pending());
  engine_.shard().answered(session);
}

void HeldPoll::end(const hub::Ending& ending, std::string_view, std::string_view bye) {
  const auto cursor = start_cursor();
  session_ = nullptr;
  switch (ending.reason) {
    case hub::EndReason::kAuthEnded:
      answer(http::problem(error(ErrorCode::kUnauthorized, "the session was logged out or has expired"),
                           options_.request_id));
      return;
    case hub::EndReason::kRateLimited: {
      auto refusal = error(ErrorCode::kRateLimited, "too many sessions of this user; close some");
      refusal.retry_after_s = 30;
      answer(http::problem(refusal, options_.request_id));
      return;
    }
    case hub::EndReason::kInternal: {
      auto failure = error(ErrorCode::kStoreUnavailable, "poll again with the same cursor");
      failure.retry_after_s = 1;
      answer(http::problem(failure, options_.request_id));
      return;
    }
    default: break;
  }
  PollAnswer body;
  body.session = session_id_;
  body.cursor = cursor;  // acknowledges nothing new
  body.heartbeat_s = heartbeat_s_;
  body.superseded = ending.reason == hub::EndReason::kTakenOver;
  if (!body.superseded) body.lines = bye;
  body.poll_again_ms = ending.reconnect_in_ms;
  if (ending.reason == hub::EndReason::kRestart) connection_.keep_alive = false;
  answer({200, "application/json", to_json(body), {{"Cache-Control", "no-store"}}});
}

void HeldPoll::lost() {
  if (auto* session = std::exchange(session_, nullptr)) engine_.shard().gone(session);
  engine_.finish(*this);
}

}  // namespace fairlead::poll
