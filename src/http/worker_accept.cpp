// How a Worker accepts, pauses and stops.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "core/log_line.h"
#include "http/contained.h"
#include "http/peer_address.h"
#include "http/worker.h"

namespace fairlead::http {
namespace {

using Pistache::Polling::NotifyOn;
using Phase = Connection::Phase;

constexpr int kAcceptsPerEvent = 16;  // then the connections that are there have their turn

bool is_unix_socket(int fd) {
  int domain = AF_UNSPEC;
  socklen_t length = sizeof domain;
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_UNIX;
}

}  // namespace

bool Worker::accept_from(const Listener& listener) {
  for (int i = 0; i < kAcceptsPerEvent; ++i) {
    if (connections_.size() >= config_->options.connections_max) {
      pause_accepting(Accepting::kFull);
      return false;
    }
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    UniqueFd fd(::accept4(listener.socket->get(), reinterpret_cast<sockaddr*>(&address), &length,
                          SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      const bool exhausted =
          errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
      if (exhausted) pause_accepting(Accepting::kExhausted);
      if (exhausted || errno == EAGAIN || errno == EWOULDBLOCK) return false;
      continue;  // that client has gone already
    }
    if (!listener.is_unix) {
      const int one = 1;
      setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    open(std::move(fd), peer_ip(address), listener.is_unix, now_ + config_->options.head_timeout,
         {});
    counters_->connections_accepted.fetch_add(1, std::memory_order_relaxed);
  }
  return true;
}

// A level-triggered listening socket that cannot be served would spin the loop: it rests until the
// next tick, or until some of a crowd are in, and whoever wants in waits in the kernel's queue.
void Worker::pause_accepting(Accepting why) {
  if (accepting_ != Accepting::kYes) return;
  accepting_ = why;
  counters_->accept_pauses.fetch_add(1, std::memory_order_relaxed);
  for (const auto& listener : listeners_)
    reactor()->modifyFd(key(), listener.socket->get(), NotifyOn::None);
  log_warn("http_accept_paused worker={} connections={}", index_, connections_.size());
}

void Worker::resume_accepting() {
  if (accepting_ == Accepting::kYes) return;
  if (connections_.size() >= config_->options.connections_max) return;
  accepting_ = Accepting::kYes;
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
  if (!connection.fd || (draining_ && connection.unread.empty())) return;
  const bool is_unix = is_unix_socket(connection.fd.get());
  open(std::move(connection.fd), std::move(connection.peer_ip), is_unix,
       now_ + config_->options.keep_alive_timeout, connection.unread.take());
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
  while (!waiting_.empty()) let_first_in({});
  for (const auto& listener : listeners_) reactor()->removeFd(key(), listener.socket->get());
  listeners_.clear();
  std::vector<ConnectionPtr> all;
  for (const auto& [fd, c] : connections_) all.push_back(c);
  for (const auto& c : all) {
    if (c->phase != Phase::kReading) continue;
    contained("drain", [&] { on_readable(c); });  // a request may have just arrived
    const bool is_idle = c->phase == Phase::kReading && !c->guard.has_begun() && c->unread.empty();
    if (is_idle && !c->next) close(c);
  }
}

}  // namespace fairlead::http
