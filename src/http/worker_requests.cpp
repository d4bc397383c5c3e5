// What a Worker does with a connection: read, let the guard judge, route, answer, hand over.
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "core/log_line.h"
#include "core/release.h"
#include "core/socket.h"
#include "http/contained.h"
#include "http/peer_address.h"
#include "http/request_id.h"
#include "http/responder_state.h"
#include "http/worker.h"

namespace fairlead::http {
namespace {

using Phase = Connection::Phase;
using Watch = Connection::Watch;

constexpr int kRequestsPerTurn = 32;  // of one pipelining client, then the others' turn
constexpr auto kLingerTimeout = std::chrono::seconds(2);
constexpr std::size_t kLingerBytesMax = 4 * 1024 * 1024;
constexpr MonoTime kNever = MonoTime::max();

}  // namespace

void Worker::on_readable(const ConnectionPtr& c) {
  if (c->phase == Phase::kLingering) return discard_input(c);
  // One request at a time: what comes meanwhile waits in the kernel, whose window then stops the
  // client.
  if (c->phase != Phase::kReading) return watch(*c, Watch::kNothing);
  if (!c->unread.empty()) return;  // it is queued, and comes first
  const ssize_t n = ::recv(c->fd.get(), scratch_.data(), scratch_.size(), MSG_DONTWAIT);
  if (n > 0) {
    consume(c, {scratch_.data(), static_cast<std::size_t>(n)});
  } else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
    close(c);
  }
}

void Worker::discard_input(const ConnectionPtr& c) {
  const ssize_t n = ::recv(c->fd.get(), scratch_.data(), scratch_.size(), MSG_DONTWAIT);
  if (n > 0) c->discarded_bytes += static_cast<std::size_t>(n);
  const bool later = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  if ((n <= 0 && !later) || c->discarded_bytes > kLingerBytesMax) close(c);
}

void Worker::consume(const ConnectionPtr& c, std::string_view bytes) {
  int turns = kRequestsPerTurn;
  while (c->phase == Phase::kReading && !bytes.empty()) {
    if (turns-- == 0) {
      queue(c);
      break;
    }
    const bool had_begun = c->guard.has_begun();
    const bool was_in_body = c->guard.in_body();
    switch (c->guard.feed(bytes)) {
      case FramingGuard::Progress::kNeedMore:
        wait_for_more(c, had_begun, was_in_body);
        break;
      case FramingGuard::Progress::kRejected:
        reject(c, c->guard.rejection());
        break;
      case FramingGuard::Progress::kComplete:
        dispatch(c, c->guard.take_request());
        break;
    }
  }
  if (c->phase != Phase::kLingering && c->phase != Phase::kClosed) c->unread.assign(bytes);
  if (c->phase == Phase::kTaking) hand_over(c);
}

// Deadlines run from the first byte of a head and of a body; what trickles in does not move them.
void Worker::wait_for_more(const ConnectionPtr& c, bool had_begun, bool was_in_body) {
  if (c->guard.in_body()) {
    if (!was_in_body) c->deadline = now_ + config_->options.body_timeout;
  } else if (!had_begun && c->guard.has_begun()) {
    c->deadline = now_ + config_->options.head_timeout;
  }
  if (!c->guard.take_continue_due()) return;
  const ssize_t sent =
      ::send(c->fd.get(), kContinue.data(), kContinue.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent != static_cast<ssize_t>(kContinue.size())) close(c);
}

void Worker::dispatch(const ConnectionPtr& c, Request request) {
  counters_->requests.fetch_add(1, std::memory_order_relaxed);
  ++c->requests;
  c->phase = Phase::kPending;
  c->deadline = kNever;
  c->context = {request.id, request.method == Method::kHead, request.keep_alive};
  request.client_ip = client_ip(request, c->peer_ip, c->trusted_proxy);
  c->in_dispatch = true;
  const bool routed = contained("route", [&] { route(c, request); });
  c->in_dispatch = false;
  if (!routed && c->phase == Phase::kPending) {
    answer(c, problem(error(ErrorCode::kInternal), c->context.request_id));
  }
}

void Worker::route(const ConnectionPtr& c, Request& request) {
  Router::Match match = router_.match(request.method, request.path);
  switch (match.verdict) {
    case Router::Verdict::kNotFound:
      return answer(
          c, problem(error(ErrorCode::kNotFound, "There is nothing at this path"), request.id));
    case Router::Verdict::kMethodNotAllowed: {
      Error refusal = error(ErrorCode::kMethodNotAllowed, "Use one of: " + *match.allow);
      refusal.headers.emplace("Allow", *match.allow);
      return answer(c, problem(refusal, request.id));
    }
    case Router::Verdict::kOptions:
      return answer(
          c,
          Response{
              .status = 204, .content_type = {}, .body = {}, .headers = {{"Allow", *match.allow}}});
    case Router::Verdict::kHandler:
      break;
  }
  request.params = std::move(match.params);
  const auto state = std::make_shared<Responder::State>(inbox_, c, c->requests);
  if (!contained("handler", [&] { (*match.handler)(request, Responder(state)); }))
    state->fail_internally();
}

void Worker::reject(const ConnectionPtr& c, const Error& why) {
  counters_->rejected.fetch_add(1, std::memory_order_relaxed);
  const Request& request = c->guard.rejected_request();
  c->phase = Phase::kPending;
  ++c->requests;
  c->context = {request.id.empty() ? make_request_id() : request.id,
                request.method == Method::kHead, false};
  c->linger_after = true;
  log_debug("http_rejected request_id={} status={}", c->context.request_id,
            traits(why.code).http_status);
  c->set_answer(problem(why, c->context.request_id));
  write(c);
}

void Worker::answer(const std::shared_ptr<Connection>& connection, Response response) {
  role_.assert_here();
  if (draining_) connection->context.keep_alive = false;
  connection->set_answer(std::move(response));
  write(connection);
  if (!connection->in_dispatch) queue(connection);
}

void Worker::take(const std::shared_ptr<Connection>& connection,
                  std::function<void(TakenConnection)> take) {
  role_.assert_here();
  connection->take = std::move(take);
  connection->phase = Phase::kTaking;
  if (!connection->in_dispatch) queue(connection);
}

void Worker::write(const ConnectionPtr& c) {
  switch (c->flush()) {
    case Connection::Flush::kDone:
      return answered(c);
    case Connection::Flush::kBlocked:
      c->phase = Phase::kWriting;
      await_writable(*c);
      return watch(*c, Watch::kWritable);
    case Connection::Flush::kBroken:
      return close(c);
  }
}

void Worker::await_writable(Connection& c) {
  c.deadline = now_ + config_->options.unread_answer_timeout;
  c.unread_at_deadline_start = unread_bytes(c.fd.get());
}

void Worker::on_writable(const ConnectionPtr& c) {
  if (c->phase != Phase::kWriting) return;
  write(c);
  if (c->phase == Phase::kReading) queue(c);
}

void Worker::answered(const ConnectionPtr& c) {
  if (c->context.keep_alive) {
    c->phase = Phase::kReading;
    c->deadline = now_ + config_->options.keep_alive_timeout;
    return;
  }
  // Closing with input unread makes the kernel send RST, which may destroy the answer on its way.
  char byte = 0;
  if (c->linger_after || ::recv(c->fd.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
    return linger(c);
  close(c);
}

void Worker::linger(const ConnectionPtr& c) {
  ::shutdown(c->fd.get(), SHUT_WR);
  c->phase = Phase::kLingering;
  c->deadline = now_ + kLingerTimeout;
  release(c->unread);
  watch(*c, Watch::kReadable);
}

void Worker::hand_over(const ConnectionPtr& c) {
  if (c->peer_has_gone()) return close(c);
  const auto take = std::exchange(c->take, nullptr);
  forget(*c);
  TakenConnection taken;
  taken.fd = std::move(c->fd);
  taken.unread = std::move(c->unread);
  taken.keep_alive = c->context.keep_alive && !draining_;
  taken.worker = index_;
  taken.peer_ip = c->peer_ip;
  taken.trusted_proxy = c->trusted_proxy;
  contained("take_over", [&] { take(std::move(taken)); });
}

}  // namespace fairlead::http
