#include "fallback/poll/poll_connection.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "core/socket.h"
#include "fallback/poll/poll_answer.h"
#include "http/request_id.h"
#include "http/response_writer.h"
#include "protocol/cursor.h"
#include "transport/stream/socket_writer.h"

namespace fairlead::poll {
namespace {

// Edges: what comes while a poll is held stays in the kernel, is noted, and read when its time has
// come, without a system call to change what is watched.
constexpr std::uint32_t kWatch = EPOLLIN | EPOLLRDHUP | EPOLLET;
// A proxy has buffers for that much, whatever its client does.
constexpr std::size_t kTakenWholeBytes = 64 * 1024;

// The client's own cursor goes into answers: only if it is one, for they are not escaped.
std::string echoed(const std::optional<std::string>& cursor) {
  return cursor && protocol::decode_cursor(*cursor) ? *cursor : std::string();
}

}  // namespace

PollConnection::PollConnection(stream::StreamEngine& engine, http::TakenConnection connection,
                               Poll first, PollReader& reader)
    : Connection(engine, std::move(connection.fd)),
      peer_(connection),
      reader_(reader),
      stage_(std::make_unique<Poll>(std::move(first))) {
  if (!connection.unread.empty()) words().unread = connection.unread.take();
}

void PollConnection::start() {
  if (!engine_.watch(*this, kWatch)) return;
  behind_proxy_ = has_local_peer(fd_.get());
  // Noted once, early enough for all its later deadlines.
  engine_.wake_at(*this, engine_.now() + std::chrono::seconds(limits::kPollTimeoutDefault_s));
  // Read with this one, pipelined behind it: for the worker, which goes on with it.
  readable_ = words_ != nullptr;
  const auto first = std::move(std::get<std::unique_ptr<Poll>>(stage_));
  begin(std::move(*first));
}

// ----------------------------------------------------------------------------------- a poll

void PollConnection::begin(Poll poll) {
  state_ = State::kHeld;
  key_of_last_ = 0;  // of another user perhaps; refused, this poll has none
  fingerprint_ = poll.fingerprint;
  say_with_answer(std::move(poll.request_id), std::move(poll.more_head));
  timeout_s_ = static_cast<std::uint8_t>(poll.timeout.count());
  stage_ = std::make_unique<Asked>(
      Asked{poll.request.session, echoed(poll.request.cursor), poll.request.heartbeat_s});
  auto* session = engine_.shard().poll(std::move(poll.request), this);
  if (state_ == State::kHeld) hold(session);
}

bool PollConnection::begin_again(const PollHead& head) {
  state_ = State::kHeld;
  auto* session = engine_.shard().poll_again(key_of_last_, uses_of_last_, head.cursor, this);
  if (session == nullptr) {
    state_ = State::kIdle;
    return false;
  }
  say_with_answer(std::string(head.request_id), words_ ? std::move(words_->more_head) : "");
  hold(session);
  return true;
}

void PollConnection::hold(hub::Session* session) {
  session_ = session;
  key_of_last_ = session->key;
  uses_of_last_ = session->uses;
  waits_live_ = lingers_ = false;
  const bool is_short = timeout_s_ == 0;
  engine_.wake_at(*this,
                  is_short ? MonoTime::max() : engine_.now() + std::chrono::seconds(timeout_s_));
}

hub::Transport::Flush PollConnection::write(const Pending& pending, std::size_t& taken) {
  const bool live = session_->state == hub::Session::State::kLive;
  if (pending.frames.empty()) {
    waits_live_ = live;
    if (live) stage_ = {};
    if (!live || timeout_s_ > 0) return Flush::kDone;
  } else {
    const bool full = session_->is_full();
    const bool more_on_its_way = !live && session_->reading && !full;
    if (more_on_its_way) return Flush::kDone;
    if (waits_live_ && live && !full) {
      if (!std::exchange(lingers_, true)) engine_.wake_soon(*this);
      return Flush::kWaits;
    }
  }
  taken = pending.frames.size();
  if (behind_proxy_ && !waits_live_ && timeout_s_ > 0) engine_.came_late();
  answer_events(pending.frames);  // a short poll: nothing is an answer too
  return Flush::kAnswered;
}

void PollConnection::on_turn() {
  if (std::exchange(waits_its_turn_, false) && state_ == State::kIdle) read_next();
}

void PollConnection::on_soon() {
  if (state_ != State::kHeld || !lingers_) return;  // of an earlier poll
  auto* session = session_;
  answer_events(session->outbox.pending());
  engine_.shard().answered(session);
}

void PollConnection::on_deadline() {
  switch (state_) {
    case State::kHeld: {
      auto* session = session_;
      if (session->state == hub::Session::State::kOpening) {
        engine_.wake_at(
            *this, engine_.now() + limits::kPollLinger);  // its place in the log is still unknown
        return;
      }
      answer_events(session->outbox.pending());
      engine_.shard().answered(session);
      return;
    }
    case State::kAnswering:
      if (unread_bytes(fd_.get()) < unsent().unread_bytes) {
        await_reader();  // slowly, but it reads
      } else {
        lost();
      }
      return;
    case State::kIdle:
      if (readable_) {
        read_next();
      } else {
        engine_.finish(*this);
      }
      return;
    case State::kLeaving:
      return;
  }
}

void PollConnection::end(const hub::Ending& ending, std::string_view, std::string_view bye) {
  PollAnswer body;
  body.session = session_ != nullptr ? std::string(session_->id) : asked().session;
  body.heartbeat_s = session_ != nullptr ? session_->heartbeat_s : asked().heartbeat_s;
  body.cursor = start_cursor();  // acknowledges nothing new
  session_ = nullptr;
  switch (ending.reason) {
    case hub::EndReason::kAuthEnded:
      answer_problem(error(ErrorCode::kUnauthorized, "the session was logged out or has expired"));
      return;
    case hub::EndReason::kRateLimited: {
      auto refusal = error(ErrorCode::kRateLimited, "too many sessions of this user; close some");
      refusal.retry_after_s = 30;
      answer_problem(std::move(refusal));
      return;
    }
    case hub::EndReason::kInternal: {
      auto failure = error(ErrorCode::kStoreUnavailable, "poll again with the same cursor");
      failure.retry_after_s = 1;
      answer_problem(std::move(failure));
      return;
    }
    default:
      break;
  }
  body.superseded = ending.reason == hub::EndReason::kTakenOver;
  if (!body.superseded) body.lines = bye;
  body.poll_again_ms = ending.reconnect_in_ms;
  if (ending.reason == hub::EndReason::kRestart) peer_.keep_alive = false;
  answer(to_response(body, context()));
}

// Where this poll began: what a client comes back with that has been given nothing.
std::string PollConnection::start_cursor() const {
  const bool begun = session_ != nullptr && session_->state != hub::Session::State::kOpening;
  return begun ? engine_.shard().cursor_at(session_->acknowledged) : asked().cursor;
}

// ----------------------------------------------------------------------------------- its answer

void PollConnection::answer_events(std::string_view lines) {
  PollAnswer body;
  body.session = session_->id;
  body.cursor = engine_.shard().cursor_of(*session_);
  body.lines = lines;
  body.heartbeat_s = session_->heartbeat_s;
  const auto events = session_->outbox.frames();
  session_ = nullptr;
  answer(to_response(body, context()), events);
}

void PollConnection::answer_problem(Error error) {
  if (words().request_id.empty()) words().request_id = http::make_request_id();
  const auto response = http::problem(error, words().request_id);
  answer(http::serialise_head(response, context()) + response.body);
}

http::AnswerContext PollConnection::context() const {
  if (!words_) return {{}, false, peer_.keep_alive};
  return {words_->request_id, false, peer_.keep_alive, words_->more_head};
}

PollConnection::Words& PollConnection::words() {
  if (!words_) words_ = std::make_unique<Words>();
  return *words_;
}

void PollConnection::say_with_answer(std::string request_id, std::string more_head) {
  if (request_id.empty() && more_head.empty() && (!words_ || words_->unread.empty())) {
    words_ = nullptr;
    return;
  }
  words().request_id = std::move(request_id);
  words().more_head = std::move(more_head);
}

void PollConnection::answer(std::string bytes, std::size_t events) {
  stage_ = {};
  state_ = State::kAnswering;
  std::size_t sent = 0;
  switch (stream::write_some(fd_.get(), bytes, sent)) {
    case stream::Write::kAll:
      if (behind_proxy_ && bytes.size() <= kTakenWholeBytes) engine_.has_answered(*this, events);
      answered();
      return;
    case stream::Write::kSome:
      stage_ = std::make_unique<Unsent>(Unsent{std::move(bytes), sent});
      engine_.rewatch(*this, kWatch | EPOLLOUT);
      await_reader();
      return;
    case stream::Write::kBroken:
      engine_.finish(*this);
      return;
  }
}

void PollConnection::go_on_writing() {
  switch (stream::write_some(fd_.get(), unsent().bytes, unsent().sent)) {
    case stream::Write::kAll:
      stage_ = {};
      engine_.rewatch(*this, kWatch);
      answered();
      return;
    case stream::Write::kSome:
      await_reader();
      return;
    case stream::Write::kBroken:
      engine_.finish(*this);
      return;
  }
}

void PollConnection::await_reader() {
  unsent().unread_bytes = unread_bytes(fd_.get());
  engine_.wake_at(*this, engine_.now() + limits::kUnreadAnswerTimeout);
}

void PollConnection::answered() {
  if (!peer_.keep_alive) {
    engine_.finish(*this);
    return;
  }
  state_ = State::kIdle;
  engine_.wake_at(*this, readable_ ? engine_.now() : engine_.now() + limits::kKeepAliveTimeout);
}

// ----------------------------------------------------------------------------------- the next one

void PollConnection::on_events(std::uint32_t epoll) {
  if ((epoll & (EPOLLERR | EPOLLHUP)) != 0) {
    lost();
    return;
  }
  if ((epoll & EPOLLRDHUP) != 0) half_closed_ = true;
  if ((epoll & EPOLLIN) != 0) readable_ = true;
  switch (state_) {
    case State::kHeld:
      if (half_closed_) lost();
      return;
    case State::kAnswering:
      if ((epoll & EPOLLOUT) != 0) go_on_writing();
      return;
    case State::kIdle:
      if (!readable_) return;
      if (waits_its_turn_ && !half_closed_) return;
      // Not read before it could be answered.
      waits_its_turn_ =
          behind_proxy_ && !half_closed_ && next_is_poll() && engine_.wait_for_turn(*this);
      if (!waits_its_turn_) read_next();
      return;
    case State::kLeaving:
      return;
  }
}

// A send that a proxy puts behind an answered poll waits for nobody's.
bool PollConnection::next_is_poll() const {
  std::array<char, 32> beginning;
  const auto n = ::recv(fd_.get(), beginning.data(), beginning.size(), MSG_PEEK | MSG_DONTWAIT);
  return n > 0 && reader_.may_be_poll({beginning.data(), static_cast<std::size_t>(n)});
}

void PollConnection::on_drain() {
  peer_.keep_alive = false;
  if (state_ == State::kIdle && !readable_) engine_.finish(*this);
}

void PollConnection::read_next() {
  if (words_ && !words_->unread.empty()) {
    leave(std::move(words_->unread));
    return;
  }
  readable_ = false;
  const auto n = receive_now(fd_.get(), engine_.scratch());
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    engine_.finish(*this);
    return;
  }
  const std::string_view bytes(engine_.scratch().data(), static_cast<std::size_t>(n));
  if (!half_closed_) {
    const auto head = reader_.look_at(bytes);
    const bool same_as_last = head && key_of_last_ != 0 && head->fingerprint == fingerprint_;
    if (same_as_last && begin_again(*head)) return;
    if (auto poll = reader_.read(bytes, head, peer_, engine_.shard())) {
      begin(std::move(*poll));
      return;
    }
  }
  leave(std::string(bytes));
}

void PollConnection::leave(std::string unread) {
  state_ = State::kLeaving;
  reader_.give_back({std::move(peer_), engine_.unwatch(*this), RareText(std::move(unread))});
  engine_.finish(*this);
}

void PollConnection::lost() {
  if (auto* session = std::exchange(session_, nullptr)) engine_.shard().gone(session);
  engine_.finish(*this);
}

}  // namespace fairlead::poll
