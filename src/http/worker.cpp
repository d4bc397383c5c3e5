#include "http/worker.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "core/log_line.h"
#include "http/peer_address.h"
#include "http/request_id.h"
#include "http/responder_state.h"

namespace fairlead::http {
namespace {

using Pistache::Polling::NotifyOn;
using Phase = Connection::Phase;
using Watch = Connection::Watch;

constexpr int kAcceptsPerEvent = 64;  // then the connections that are there have their turn
constexpr int kRequestsPerTurn = 32;  // of one pipelining client, likewise
constexpr auto kLingerTimeout = std::chrono::seconds(2);
constexpr std::size_t kLingerBytesMax = 4 * 1024 * 1024;
constexpr MonoTime kNever = MonoTime::max();

thread_local Worker* current_worker = nullptr;

// One failing connection must not take the worker's thread with it.
template <typename F>
bool contained(const char* where, F f) noexcept {
  try {
    f();
    return true;
  } catch (const std::exception& e) {
    log_error("http_worker_error where={} reason={}", where, e.what());
  } catch (...) {
    log_error("http_worker_error where={} reason=unknown", where);
  }
  return false;
}

std::chrono::milliseconds tick_interval(const ServerOptions& options) {
  const auto shortest = std::min({options.head_timeout, options.body_timeout,
                                  options.keep_alive_timeout, options.unread_answer_timeout});
  return std::clamp<std::chrono::milliseconds>(shortest / 4, std::chrono::milliseconds(10),
                                               std::chrono::seconds(1));
}

bool is_unix_socket(int fd) {
  int domain = AF_UNSPEC;
  socklen_t length = sizeof domain;
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_UNIX;
}

}  // namespace

Worker::Worker(std::shared_ptr<const WorkerConfig> config, int index,
               std::vector<Listener> listeners)
    : config_(std::move(config)),
      index_(index),
      inbox_(std::make_shared<WorkerInbox>()),
      counters_(std::make_shared<WorkerCounters>()),
      router_(config_->routes),
      listeners_(std::move(listeners)),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  if (!timer_) throw std::system_error(errno, std::generic_category(), "timerfd");
}

Worker::~Worker() {
  inbox_->close();  // who answers from now on finds nobody
}

Worker* Worker::current() {
  return current_worker;
}

std::shared_ptr<Pistache::Aio::Handler> Worker::clone() const {
  throw std::logic_error("a worker is made by the server, not by cloning");
}

void Worker::registerPoller(Pistache::Polling::Epoll& poller) {
  const auto tick = tick_interval(config_->options);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(tick);
  itimerspec every{};
  every.it_interval.tv_sec = seconds.count();
  every.it_interval.tv_nsec = std::chrono::nanoseconds(tick - seconds).count();
  every.it_value = every.it_interval;
  timerfd_settime(timer_.get(), 0, &every, nullptr);
  const auto add = [&](int fd) {
    poller.addFd(fd, Pistache::Flags<NotifyOn>(NotifyOn::Read),
                 Pistache::Polling::Tag(static_cast<std::uint64_t>(fd)));
  };
  add(timer_.get());
  add(inbox_->fd());
  for (const auto& listener : listeners_) add(listener.socket->get());
}

// --- events
// ----------------------------------------------------------------------------------------

void Worker::onReady(const Pistache::Aio::FdSet& fds) {
  if (current_worker == nullptr) role_.bind("http");
  current_worker = this;
  now_ = std::chrono::steady_clock::now();
  for (const auto& event : fds) {
    contained("event", [&] { on_event(event); });
    contained("queue", [&] { go_on_with_queued(); });
  }
  if (!queued_.empty()) inbox_->wake();
}

void Worker::on_event(const Pistache::Aio::FdSet::Entry& event) {
  const int fd = static_cast<int>(event.getTag().value());
  if (fd == timer_.get()) return on_tick();
  if (fd == inbox_->fd()) return inbox_->run();
  const auto listener =
      std::ranges::find_if(listeners_, [&](const auto& l) { return l.socket->get() == fd; });
  if (listener != listeners_.end()) {
    accept_from(*listener);
    return;
  }
  const auto found = connections_.find(fd);
  if (found == connections_.end()) return;  // closed earlier in this batch
  const ConnectionPtr c = found->second;
  if (!contained("connection", [&] { on_connection_event(c, event); })) close(c);
}

void Worker::on_connection_event(const ConnectionPtr& c, const Pistache::Aio::FdSet::Entry& event) {
  if (event.isReadable()) {
    on_readable(c);
  } else if (event.isWritable()) {
    on_writable(c);
  } else if (c->hung_up()) {  // asked, for the event may be about an older socket of this number
    close(c);
  }
}

void Worker::on_tick() {
  std::uint64_t ticks = 0;
  [[maybe_unused]] const ssize_t got = ::read(timer_.get(), &ticks, sizeof ticks);
  resume_accepting();
  std::vector<ConnectionPtr> late;
  for (const auto& [fd, c] : connections_) {
    if (c->deadline <= now_) late.push_back(c);
  }
  for (const auto& c : late) {
    if (!contained("deadline", [&] { on_deadline(c); })) close(c);
  }
}

void Worker::on_deadline(const ConnectionPtr& c) {
  if (c->phase == Phase::kReading && c->guard.has_begun()) {
    return reject(c, error(ErrorCode::kRequestTimeout));
  }
  if (c->phase == Phase::kWriting) {
    // EPOLLOUT comes only when a third of the send buffer is free: ask whether it moved at all.
    if (c->unsent_bytes() < c->unsent_at_deadline_start) return await_writable(*c);
    log_info("http_answer_unread request_id={}", c->context.request_id);
  }
  close(c);
}

// --- accepting
// -------------------------------------------------------------------------------------

bool Worker::accept_from(const Listener& listener) {
  for (int i = 0; i < kAcceptsPerEvent; ++i) {
    if (connections_.size() >= config_->options.connections_max) {
      pause_accepting();
      return false;
    }
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    UniqueFd fd(::accept4(listener.socket->get(), reinterpret_cast<sockaddr*>(&address), &length,
                          SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      const bool exhausted =
          errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
      if (exhausted) pause_accepting();
      if (exhausted || errno == EAGAIN || errno == EWOULDBLOCK) return false;
      continue;  // that client has gone already
    }
    counters_->connections_accepted.fetch_add(1, std::memory_order_relaxed);
    if (!listener.is_unix) {
      const int one = 1;
      setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    open(std::move(fd), peer_ip(address), listener.is_unix, now_ + config_->options.head_timeout,
         {});
  }
  return true;
}

// A level-triggered listening socket that cannot be served would spin the loop: it rests until the
// next tick, and whoever wants in waits in the kernel's queue.
void Worker::pause_accepting() {
  if (accept_paused_) return;
  accept_paused_ = true;
  counters_->accept_pauses.fetch_add(1, std::memory_order_relaxed);
  for (const auto& listener : listeners_)
    reactor()->modifyFd(key(), listener.socket->get(), NotifyOn::None);
  log_warn("http_accept_paused worker={} connections={}", index_, connections_.size());
}

void Worker::resume_accepting() {
  if (!accept_paused_ || connections_.size() >= config_->options.connections_max) return;
  accept_paused_ = false;
  for (const auto& listener : listeners_)
    reactor()->modifyFd(key(), listener.socket->get(), NotifyOn::Read);
}

void Worker::open(UniqueFd fd, std::string ip, bool is_unix, MonoTime deadline,
                  std::string unread) {
  const int number = fd.get();
  auto c = std::make_shared<Connection>(
      std::move(fd), std::move(ip), is_unix || config_->options.trust_x_real_ip, config_->limits);
  c->deadline = deadline;
  c->unread = std::move(unread);
  reactor()->registerFd(key(), number, NotifyOn::Read);
  connections_.emplace(number, c);
  counters_->connections_open.fetch_add(1, std::memory_order_relaxed);
  if (!c->unread.empty()) queue(c);
}

void Worker::adopt(TakenConnection connection) {
  role_.assert_here();
  if (draining_ || !connection.fd) return;
  const bool is_unix = is_unix_socket(connection.fd.get());
  open(std::move(connection.fd), std::move(connection.client_ip), is_unix,
       now_ + config_->options.keep_alive_timeout, std::move(connection.unread));
}

void Worker::stop_accepting() {
  role_.assert_here();
  if (draining_) return;
  // Who is in the accept queue has connected as far as it can tell.
  for (const auto& listener : listeners_) {
    while (accept_from(listener)) {
    }
  }
  draining_ = true;
  for (const auto& listener : listeners_) reactor()->removeFd(key(), listener.socket->get());
  listeners_.clear();
  std::vector<ConnectionPtr> all;
  for (const auto& [fd, c] : connections_) all.push_back(c);
  for (const auto& c : all) {
    if (c->phase != Phase::kReading) continue;
    contained("drain", [&] { on_readable(c); });  // a request may have just arrived
    if (c->phase == Phase::kReading && !c->guard.has_begun() && c->unread.empty()) close(c);
  }
}

// --- reading
// ---------------------------------------------------------------------------------------

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

// --- requests
// --------------------------------------------------------------------------------------

void Worker::dispatch(const ConnectionPtr& c, Request request) {
  counters_->requests.fetch_add(1, std::memory_order_relaxed);
  ++c->requests;
  c->phase = Phase::kPending;
  c->deadline = kNever;
  c->context = {request.id, request.method == Method::kHead, request.keep_alive};
  c->client_ip = c->peer_ip;
  if (c->trusted_proxy) {
    if (auto ip = normal_ip(request.header("x-real-ip").value_or("")))
      c->client_ip = std::move(*ip);
  }
  request.client_ip = c->client_ip;
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

// --- answers
// ---------------------------------------------------------------------------------------

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
  c.unsent_at_deadline_start = c.unsent_bytes();
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
  c->unread = {};
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
  taken.client_ip = std::move(c->client_ip);
  contained("take_over", [&] { take(std::move(taken)); });
}

void Worker::close(const ConnectionPtr& c) {
  if (c->phase == Phase::kClosed) return;
  const bool unsent = c->phase == Phase::kWriting;
  forget(*c);
  c->take = nullptr;
  c->unread = {};
  if (unsent) {
    c->abort();
  } else {
    c->fd.reset();
  }
}

// Out of the reactor and the table, before its fd may go anywhere else.
void Worker::forget(Connection& c) {
  c.phase = Phase::kClosed;
  const int fd = c.fd.get();
  contained("forget", [&] { reactor()->removeFd(key(), fd); });
  counters_->connections_open.fetch_sub(1, std::memory_order_relaxed);
  connections_.erase(fd);
}

// --- going on
// --------------------------------------------------------------------------------------

void Worker::watch(Connection& c, Watch what) {
  if (c.watch == what) return;
  c.watch = what;
  const NotifyOn interest = what == Watch::kNothing    ? NotifyOn::None
                            : what == Watch::kReadable ? NotifyOn::Read
                                                       : NotifyOn::Write;
  reactor()->modifyFd(key(), c.fd.get(), interest);
}

void Worker::queue(const ConnectionPtr& c) {
  if (std::exchange(c->queued, true)) return;
  queued_.push_back(c);
}

// Not from within answer(): a handler that answers others would recurse through their next
// requests.
void Worker::go_on_with_queued() {
  std::vector<ConnectionPtr> now;
  now.swap(queued_);
  for (const auto& c : now) {
    c->queued = false;
    const bool sound = contained("go_on", [&] {
      if (c->phase == Phase::kTaking) return hand_over(c);
      if (c->phase != Phase::kReading) return;
      watch(*c, Watch::kReadable);
      if (c->unread.empty()) return;
      const std::string held = std::exchange(c->unread, {});
      consume(c, held);
    });
    if (!sound) close(c);
  }
}

}  // namespace fairlead::http
