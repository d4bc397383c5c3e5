#include "http/worker.h"

#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "core/log_line.h"
#include "core/release.h"
#include "core/socket.h"
#include "http/contained.h"

namespace fairlead::http {
namespace {

using Pistache::Polling::NotifyOn;
using Phase = Connection::Phase;
using Watch = Connection::Watch;

thread_local Worker* current_worker = nullptr;

std::chrono::milliseconds tick_interval(const ServerOptions& options) {
  const auto shortest = std::min({options.head_timeout, options.body_timeout,
                                  options.keep_alive_timeout, options.unread_answer_timeout});
  return std::clamp<std::chrono::milliseconds>(shortest / 4, std::chrono::milliseconds(10),
                                               std::chrono::seconds(1));
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
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      crowd_timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  if (!timer_ || !crowd_timer_) throw std::system_error(errno, std::generic_category(), "timerfd");
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
  add(crowd_timer_.get());
  add(inbox_->fd());
  for (const auto& listener : listeners_) add(listener.socket->get());
}

void Worker::onReady(const Pistache::Aio::FdSet& fds) {
  if (current_worker == nullptr) role_.bind("http");
  current_worker = this;
  now_ = std::chrono::steady_clock::now();
  const auto serve = [this](const Pistache::Aio::FdSet::Entry& event) {
    contained("event", [&] { on_event(event); });
    contained("queue", [&] { go_on_with_queued(); });
  };
  // Who comes does not keep those waiting who are here.
  std::vector<ConnectionPtr> newcomers;
  std::vector<const Pistache::Aio::FdSet::Entry*> listeners;
  for (const auto& event : fds) {
    const int fd = static_cast<int>(event.getTag().value());
    if (find_listener(fd) != nullptr) {
      listeners.push_back(&event);
    } else if (auto c = event.isReadable() ? newcomer(fd) : nullptr) {
      newcomers.push_back(std::move(c));
    } else {
      serve(event);
    }
  }
  contained("newcomers", [&] { meet(newcomers); });
  for (const auto* event : listeners) serve(*event);
  if (!queued_.empty()) inbox_->wake();
}

const Listener* Worker::find_listener(int fd) const {
  const auto found =
      std::ranges::find_if(listeners_, [fd](const auto& l) { return l.socket->get() == fd; });
  return found == listeners_.end() ? nullptr : &*found;
}

Worker::ConnectionPtr Worker::newcomer(int fd) const {
  const auto found = connections_.find(fd);
  return found != connections_.end() && is_newcomer(*found->second) ? found->second : nullptr;
}

void Worker::on_event(const Pistache::Aio::FdSet::Entry& event) {
  const int fd = static_cast<int>(event.getTag().value());
  if (fd == timer_.get()) return on_tick();
  if (fd == crowd_timer_.get()) {
    std::uint64_t times = 0;
    [[maybe_unused]] const ssize_t got = ::read(fd, &times, sizeof times);
    return;  // the group comes at the end of the pass
  }
  if (fd == inbox_->fd()) return inbox_->run();
  if (const auto* listener = find_listener(fd)) {
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
    if (unread_bytes(c->fd.get()) < c->unread_at_deadline_start) return await_writable(*c);
    log_info("http_answer_unread request_id={}", c->context().request_id);
  }
  close(c);
}

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
      const std::string held = std::exchange(c->unread, {});
      consume(c, held);
    });
    if (!sound) close(c);
  }
}

void Worker::close(const ConnectionPtr& c) {
  if (c->phase == Phase::kClosed) return;
  const bool unsent = c->phase == Phase::kWriting;
  forget(*c);
  c->take = nullptr;
  c->arrival.reset();
  release(c->unread);
  c->next.reset();
  if (unsent) {
    c->abort();
  } else {
    c->fd.reset();
  }
}

// Out of the reactor and the table, before its fd may go anywhere else.
void Worker::forget(Connection& c) {
  c.phase = Phase::kClosed;
  leave_crowd(c);
  release(c.in_hand);
  const int fd = c.fd.get();
  contained("forget", [&] { reactor()->removeFd(key(), fd); });
  counters_->connections_open.fetch_sub(1, std::memory_order_relaxed);
  connections_.erase(fd);
}

}  // namespace fairlead::http
