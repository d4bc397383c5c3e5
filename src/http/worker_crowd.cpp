// How a Worker lets in those who come all at once.
#include <sys/timerfd.h>

#include <utility>

#include "core/log_line.h"
#include "http/contained.h"
#include "http/worker.h"

namespace fairlead::http {
namespace {

using Phase = Connection::Phase;
using Watch = Connection::Watch;

constexpr MonoTime kNever = MonoTime::max();

// At once if that is past.
void set_timer(int timer, MonoTime when) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(when);
  itimerspec at{};
  at.it_value.tv_sec = seconds.time_since_epoch().count();
  at.it_value.tv_nsec = std::chrono::nanoseconds(when - seconds).count();
  timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, nullptr);
}

}  // namespace

// Whose first request has begun to come. Those who wait are not watched: their requests stay in the
// kernel.
void Worker::meet(std::span<const ConnectionPtr> newcomers) {
  const bool is_crowd =
      newcomers.size() >= Crowd::kFrom || !waiting_.empty() || now_ < crowd_.next();
  for (const auto& c : newcomers) {
    if (!is_newcomer(*c)) continue;  // closed or rejected earlier in this pass
    if (!contained("newcomer", [&] { is_crowd && !draining_ ? wait(c) : on_readable(c); }))
      close(c);
    contained("queue", [&] { go_on_with_queued(); });
  }
  let_in_group();
}

bool Worker::is_newcomer(const Connection& c) {
  return c.requests == 0 && c.phase == Phase::kReading && !c.guard.has_begun() && c.place == 0;
}

void Worker::wait(const ConnectionPtr& c) {
  watch(*c, Watch::kNothing);
  c->place = ++places_;
  waiting_.emplace(c->place, c);
  c->deadline = kNever;  // it is not its fault
  counters_->crowded.fetch_add(1, std::memory_order_relaxed);
}

void Worker::let_in_group() {
  const auto now = std::chrono::steady_clock::now();
  if (!waiting_.empty() && now >= crowd_.next()) {
    const auto arrival = arrival_of(crowd_.begin(now));
    for (auto n = Crowd::kGroup; n > 0 && !waiting_.empty(); --n) let_first_in(arrival);
    if (accepting_ == Accepting::kFull && has_room_for_a_crowd()) resume_accepting();
  }
  if (waiting_.empty() || crowd_timer_at_ == crowd_.next()) return;
  crowd_timer_at_ = crowd_.next();
  set_timer(crowd_timer_.get(), crowd_timer_at_);
}

// Not for each one that leaves: each time accepting stops and goes on again for all listeners.
bool Worker::has_room_for_a_crowd() const {
  const auto max = config_->options.connections_max;
  return connections_.size() <= max - max / 16;
}

void Worker::let_first_in(const Arrival& arrival) {
  const auto c = waiting_.extract(waiting_.begin()).mapped();
  c->place = 0;
  c->arrival = arrival;
  c->deadline = now_ + config_->options.head_timeout;
  const bool sound = contained("newcomer", [&] {
    on_readable(c);
    if (c->phase != Phase::kReading) return;
    c->arrival.reset();  // its request has not come whole
    watch(*c, Watch::kReadable);
  });
  if (!sound) close(c);
  contained("queue", [&] { go_on_with_queued(); });
}

void Worker::leave_crowd(Connection& c) {
  if (const auto place = std::exchange(c.place, 0); place != 0) waiting_.erase(place);
}

Arrival Worker::arrival_of(std::uint64_t group) {
  return Arrival(this, [this, group, inbox = inbox_](const void*) {
    contained("arrival", [&] {
      inbox->post([this, group, now = std::chrono::steady_clock::now()] {
        crowd_.are_in(group, now);  // and the next group's time with that: see onReady()
      });
    });
  });
}

}  // namespace fairlead::http
