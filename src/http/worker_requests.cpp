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
  // (Writing, it waits for room, and this event is older than that.)
  if (c->phase == Phase::kWriting) return;
  if (c->phase != Phase::kReading) return watch(*c, Watch::kNothing);
  const bool goes_on = !c->unread.empty() || c->next || c->guard.has_rejected();
  if (goes_on) return;  // it is queued, and comes first
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
  const auto goes_on = [&] {
    return c->phase == Phase::kReading || (c->phase == Phase::kPending && c->overlaps && !c->next);
  };
  if (const auto next = std::move(c->next)) dispatch(c, std::move(*next));
  // Begun behind requests that were in hand: now it is this one's turn, and a body may be asked
  // for.
  if (c->phase == Phase::kReading) send_continue_if_due(c);
  while (goes_on() && (!bytes.empty() || c->guard.has_rejected())) {
    if (turns-- == 0) {
      queue(c);
      break;
    }
    const bool had_begun = c->guard.has_begun();
    const bool was_in_body = c->guard.in_body();
    const auto progress = c->guard.feed(bytes);
    if (progress == FramingGuard::Progress::kComplete) {
      dispatch(c, c->guard.take_request());
    } else if (c->phase == Phase::kPending) {
      break;  // judged when those in hand have been answered
    } else if (progress == FramingGuard::Progress::kRejected) {
      reject(c, c->guard.rejection());
    } else {
      wait_for_more(c, had_begun, was_in_body);
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
  send_continue_if_due(c);
}

void Worker::send_continue_if_due(const ConnectionPtr& c) {
  if (!c->guard.take_continue_due()) return;
  const ssize_t sent =
      ::send(c->fd.get(), kContinue.data(), kContinue.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent != static_cast<ssize_t>(kContinue.size())) close(c);
}

void Worker::dispatch(const ConnectionPtr& c, Request request) {
  auto match = router_.match(request.method, request.path);
  const bool may_overlap =
      match.entry != nullptr && match.entry->pipelined == Routes::Pipelined::kOverlap;
  if (c->phase == Phase::kPending && !may_overlap) {
    c->next = std::make_unique<Request>(std::move(request));
    return;
  }
  counters_->requests.fetch_add(1, std::memory_order_relaxed);
  request.secure = is_secure(request, c->trusted_proxy);
  c->begin_exchange({request.id, request.method == Method::kHead, request.keep_alive,
                     config_->origins.answer_lines(request)});
  c->phase = Phase::kPending;
  c->overlaps = may_overlap && request.keep_alive;
  c->deadline = kNever;
  request.client_ip = client_ip(request, c->peer_ip, c->trusted_proxy);
  const auto number = c->requests;
  c->in_dispatch = true;
  const bool routed = contained("route", [&] { route(c, request, std::move(match)); });
  c->in_dispatch = false;
  if (!routed && c->unanswered(number) != nullptr) fail(c, number);
}

void Worker::route(const ConnectionPtr& c, Request& request, Router::Match match) {
  const auto number = c->requests;
  switch (match.verdict) {
    case Router::Verdict::kNotFound:
      return answer(
          c, number,
          problem(error(ErrorCode::kNotFound, "There is nothing at this path"), request.id));
    case Router::Verdict::kMethodNotAllowed: {
      Error refusal = error(ErrorCode::kMethodNotAllowed, "Use one of: " + *match.allow);
      refusal.headers.emplace("Allow", *match.allow);
      return answer(c, number, problem(refusal, request.id));
    }
    case Router::Verdict::kOptions:
      c->unanswered(number)->context.more +=
          config_->origins.preflight_lines(request, *match.allow);
      return answer(
          c, number,
          Response{
              .status = 204, .content_type = {}, .body = {}, .headers = {{"Allow", *match.allow}}});
    case Router::Verdict::kHandler:
      break;
  }
  request.params = std::move(match.params);
  const auto state = std::make_shared<Responder::State>(inbox_, c, number);
  if (!contained("handler", [&] { match.entry->handler(request, Responder(state)); }))
    state->fail_internally();
}

void Worker::reject(const ConnectionPtr& c, const Error& why) {
  counters_->rejected.fetch_add(1, std::memory_order_relaxed);
  const Request& request = c->guard.rejected_request();
  c->phase = Phase::kPending;
  auto& exchange = c->begin_exchange({request.id.empty() ? make_request_id() : request.id,
                                      request.method == Method::kHead, false});
  c->linger_after = true;
  log_debug("http_rejected request_id={} status={}", exchange.context.request_id,
            traits(why.code).http_status);
  exchange.answer = problem(why, exchange.context.request_id);
  c->set_answers();
  write(c);
}

void Worker::answer(const ConnectionPtr& c, std::uint64_t request, Response response) {
  role_.assert_here();
  c->unanswered(request)->answer = std::move(response);
  if (!c->all_answered()) return;
  if (draining_) c->in_hand.back().context.keep_alive = false;
  c->set_answers();
  write(c);
  if (!c->in_dispatch) queue(c);
}

void Worker::fail(const ConnectionPtr& c, std::uint64_t request) {
  const auto id = c->unanswered(request)->context.request_id;
  answer(c, request, problem(error(ErrorCode::kInternal), id));
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
  const bool keep_alive = c->context().keep_alive;
  release(c->in_hand);
  c->arrival.reset();
  if (keep_alive) {
    c->phase = Phase::kReading;
    c->deadline = now_ + (c->guard.in_body()     ? config_->options.body_timeout
                          : c->guard.has_begun() ? config_->options.head_timeout
                                                 : config_->options.keep_alive_timeout);
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
  TakenConnection taken;
  taken.keep_alive = c->context().keep_alive && !draining_;
  forget(*c);
  taken.fd = std::move(c->fd);
  taken.unread = std::exchange(c->unread, {});
  taken.worker = index_;
  taken.peer_ip = c->peer_ip;
  taken.trusted_proxy = c->trusted_proxy;
  taken.arrival = std::move(c->arrival);
  contained("take_over", [&] { take(std::move(taken)); });
}

}  // namespace fairlead::http
