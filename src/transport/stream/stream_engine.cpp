#include "transport/stream/stream_engine.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "core/log_line.h"
#include "hub/turn.h"

namespace fairlead::stream {
namespace {

// Of what is due. Each is about one write; the others come with the next turn, which does not wait
// for anything then.
constexpr int kAtATime = 64;
constexpr std::chrono::microseconds kLookAgain{500};  // at a proxy that has enough

}  // namespace

StreamEngine::StreamEngine(const Clock& clock, const MakeShard& make_shard)
    : clock_(clock),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      next_tick_(clock.mono()) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = 0;  // the wake-up: no connection's key
  if (!epoll_ || !wake_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "stream engine");
  }
  shard_ = make_shard([fd = wake_.get()] { ::eventfd_write(fd, 1); });
}

StreamEngine::~StreamEngine() {
  stop();
}

void StreamEngine::start(const char* thread_name) {
  thread_ = std::thread([this, thread_name] {
    shard_->bind_thread(thread_name);
    run();
  });
}

void StreamEngine::stop() {
  stopping_ = true;
  if (thread_.joinable()) {
    ::eventfd_write(wake_.get(), 1);
    thread_.join();
  }
}

bool StreamEngine::adopt(std::function<std::unique_ptr<Connection>(StreamEngine&)> make) {
  return shard_->post([this, make = std::move(make)] {
    auto owned = make(*this);
    if (!owned) return;
    auto& connection = connections_.add([&](std::uint64_t key) {
      owned->key_ = key;
      return std::move(owned);
    });
    count_ = connections_.size();
    connection.start();
  });
}

void StreamEngine::drain() {
  shard_->post([this] {
    connections_.for_each([](Connection& connection) {
      if (!connection.finished_) connection.on_drain();
    });
  });
}

bool StreamEngine::watch(Connection& connection, std::uint32_t epoll_events) {
  epoll_event event{};
  event.events = epoll_events;
  event.data.u64 = connection.key_;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection.fd_.get(), &event) == 0) return true;
  log_error("epoll_add_failed errno={}", errno);  // ENOSPC, ENOMEM
  finish(connection);
  return false;
}

void StreamEngine::rewatch(Connection& connection, std::uint32_t epoll_events) {
  epoll_event event{};
  event.events = epoll_events;
  event.data.u64 = connection.key_;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.fd_.get(), &event);
}

UniqueFd StreamEngine::unwatch(Connection& connection) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, connection.fd_.get(), nullptr);
  return std::move(connection.fd_);
}

void StreamEngine::wake_at(Connection& connection, MonoTime when) {
  deadlines_.set(connection.key_, connection.deadline_, when);
}

void StreamEngine::finish(Connection& connection) {
  if (connection.finished_) return;
  connection.finished_ = true;
  finished_.push_back(connection.key_);
}

void StreamEngine::run() {
  std::array<epoll_event, 64> events;  // a turn's: they leave the thread within a millisecond
  while (!stopping_) {
    const int n = wait(events);
    {
      hub::Shard::Turn turn(*shard_);
      answers_in_pass_ = 0;
      for (int i = 0; i < n; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        if (event.data.u64 == 0) {
          eventfd_t value;
          ::eventfd_read(wake_.get(), &value);  // before the mailbox: no lost wake-up
          shard_->run_mailbox();
          continue;
        }
        if (auto* connection = find(event.data.u64)) connection->on_events(event.events);
      }
      if (resume_at_ && now() >= *resume_at_) shard_->run_mailbox();
      run_soon();
      run_deadlines();
      if (now() >= next_tick_) {
        shard_->tick();
        next_tick_ = now() + shard_->tick_pause();
      }
    }
    resume_at_ = shard_->resumes_at();
    bury();
  }
  shard_->close();
  connections_.clear();
  count_ = 0;
}

int StreamEngine::wait(std::span<epoll_event> events) const {
  const bool waits_for_proxy = have_answers_to_go() && now() < next_look_;
  if (waits_for_proxy) look_forward_to(next_look_);
  return ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                      have_answers_to_go() ? 0 : wait_ms());
}

// Until something happens, or then: within less than a millisecond, which epoll_wait() cannot.
void StreamEngine::look_forward_to(MonoTime then) const {
  const auto left = std::chrono::nanoseconds(then - now());
  const timespec timeout{0, std::max<long>(left.count(), 0)};
  pollfd epoll{epoll_.get(), POLLIN, 0};
  ::ppoll(&epoll, 1, &timeout, nullptr);
}

bool StreamEngine::have_answers_to_go() const {
  return !in_turn_.empty() || (!soon_.empty() && soon_.front().first <= now());
}

int StreamEngine::wait_ms() const {
  auto due = next_tick_;
  if (resume_at_) due = std::min(due, *resume_at_);
  if (const auto first = deadlines_.next()) due = std::min(due, *first);
  if (!soon_.empty()) due = std::min(due, soon_.front().first);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, shard_->tick_pause().count()));
}

bool StreamEngine::wait_for_turn(Connection& connection) {
  if (in_turn_.empty() && may_answer_now()) return false;
  in_turn_.emplace_back(now(), connection.key_);
  return true;
}

void StreamEngine::run_soon() {
  for (int n = 0; n < kAtATime && have_answers_to_go(); ++n) {
    const bool is_turn =
        !in_turn_.empty() && (soon_.empty() || in_turn_.front().first <= soon_.front().first);
    auto& queue = is_turn ? in_turn_ : soon_;
    const auto [since, key] = queue.front();
    auto* connection = find(key);
    if (connection != nullptr && now() < since + kTurnMax && !may_answer_now()) return;
    queue.pop_front();
    if (connection == nullptr) continue;
    if (is_turn) {
      connection->on_turn();
    } else {
      connection->on_soon();
    }
  }
}

bool StreamEngine::may_answer_now() {
  const auto is_unread = [this](std::uint64_t key) {
    const auto* connection = find(key);
    return connection != nullptr && connection->proxy_is_behind();
  };
  if (window_.is_full(now(), is_unread)) {
    next_look_ = now() + kLookAgain;
    return false;
  }
  // What is read in a pass is answered later.
  return ++answers_in_pass_ <= ProxyWindow::kSlice || !window_.is_crowded(now());
}

void StreamEngine::run_deadlines() {
  const auto time = now();
  for (int n = 0; n < kAtATime; ++n) {
    const auto noted = deadlines_.take(time);
    if (!noted) return;
    auto* connection = find(noted->second);
    if (connection != nullptr &&
        deadlines_.is_due(noted->second, connection->deadline_, noted->first, time)) {
      connection->on_deadline();
    }
  }
}

Connection* StreamEngine::find(std::uint64_t key) {
  auto* connection = connections_.find(key);
  return connection == nullptr || connection->finished_ ? nullptr : connection;
}

void StreamEngine::bury() {
  for (const auto key : finished_) connections_.erase(key);
  finished_.clear();
  count_ = connections_.size();
}

}  // namespace fairlead::stream
