#include "load/loop.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace fairlead::load {
namespace {

constexpr std::size_t kScratchBytes = 256 * 1024;
constexpr std::int64_t kWaitMax_ms = 1000;

volatile std::sig_atomic_t interrupt_seen = 0;

void on_signal(int) {
  interrupt_seen = 1;
}

// The first Ctrl-C ends the measurement in good order, the second the program.
void catch_signals(bool on) {
  struct sigaction action {};
  if (on) {
    action.sa_handler = on_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
  } else {
    action.sa_handler = SIG_DFL;
  }
  for (const int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
}

}  // namespace

Loop::Loop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), scratch_(kScratchBytes) {
  if (!epoll_) {
    std::perror("epoll_create1");
    std::abort();
  }
  interrupt_seen = 0;
  catch_signals(true);
}

Loop::~Loop() {
  catch_signals(false);
}

bool Loop::interrupted() {
  return interrupt_seen != 0;
}
void Loop::go_on() {
  interrupt_seen = 0;
}

void Loop::watch(int fd, std::uint32_t events, Handler& handler) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &handler;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

void Loop::change(int fd, std::uint32_t events, Handler& handler) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &handler;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void Loop::forget(int fd, Handler& handler) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  for (int i = 0; i < ready_count_; ++i) {
    auto& event = ready_[static_cast<std::size_t>(i)];
    if (event.data.ptr == &handler) event.data.ptr = nullptr;
  }
}

Loop::Timer Loop::after(std::chrono::nanoseconds delay, std::function<void()> call) {
  const Timer timer{std::chrono::steady_clock::now() + delay, next_timer_++};
  timers_.emplace(std::pair(timer.at, timer.id), std::move(call));
  return timer;
}

void Loop::cancel(Timer& timer) {
  if (timer.id != 0) timers_.erase(std::pair(timer.at, timer.id));
  timer = {};
}

int Loop::wait_ms() const {
  if (timers_.empty()) return static_cast<int>(kWaitMax_ms);
  const auto left = timers_.begin()->first.first - std::chrono::steady_clock::now();
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::clamp<std::int64_t>(ms, 0, kWaitMax_ms));
}

void Loop::fire_timers() {
  const auto now = std::chrono::steady_clock::now();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    const auto call = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    call();
  }
}

void Loop::run_until(const std::function<bool()>& done) {
  while (!interrupted() && !done()) {
    const int count =
        ::epoll_wait(epoll_.get(), ready_.data(), static_cast<int>(ready_.size()), wait_ms());
    ready_count_ = std::max(count, 0);  // below zero: EINTR
    for (int i = 0; i < ready_count_; ++i) {
      const auto& event = ready_[static_cast<std::size_t>(i)];
      if (event.data.ptr != nullptr) static_cast<Handler*>(event.data.ptr)->on_ready(event.events);
    }
    ready_count_ = 0;
    fire_timers();
  }
}

}  // namespace fairlead::load
