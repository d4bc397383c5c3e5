#include "presence/memory/memory_map.h"

#include <algorithm>

namespace fairlead::presence {

MemoryMap::MemoryMap() : MemoryMap(Options{}) {}
MemoryMap::MemoryMap(Options options, const Clock& clock)
    : clock_(clock), roster_(options.leave_grace) {}
MemoryMap::~MemoryMap() {
  MemoryMap::stop();
}

void MemoryMap::on_change(Listener listener) {
  listener_ = std::move(listener);
}

void MemoryMap::start() {
  thread_ = std::thread([this] { run(); });
}

void MemoryMap::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void MemoryMap::open(UserId user, std::string_view session, std::string_view transport) {
  std::unique_lock lock(mutex_);
  if (stopping_) return;
  const auto change = roster_.open(user, session, transport, {clock_.mono(), clock_.wall_ms()});
  if (change) announce(*change, std::move(lock));
}

void MemoryMap::close(UserId user, std::string_view session) {
  std::unique_lock lock(mutex_);
  if (stopping_) return;
  const auto due_before = roster_.next_due();
  roster_.close(user, session, {clock_.mono(), clock_.wall_ms()});
  const bool due_has_changed = roster_.next_due() != due_before;
  lock.unlock();
  if (due_has_changed) wake_.notify_one();
}

void MemoryMap::set_away(UserId user, bool away) {
  std::unique_lock lock(mutex_);
  if (stopping_) return;
  const auto change = roster_.set_away(user, away, {clock_.mono(), clock_.wall_ms()});
  if (change) announce(*change, std::move(lock));
}

// Wakes the thread for the first of a crowd, and not while it holds what that wants first.
void MemoryMap::announce(const Change& change, std::unique_lock<std::mutex> lock) {
  const auto due_before = changes_.due();
  changes_.add(change);
  const bool due_has_changed = changes_.due() != due_before;
  lock.unlock();
  if (due_has_changed) wake_.notify_one();
}

void MemoryMap::query(std::vector<UserId> users, Answer done) {
  std::map<UserId, State> states;
  {
    std::lock_guard lock(mutex_);
    const std::int64_t now = clock_.wall_ms();
    for (const UserId user : users) states.emplace(user, roster_.state(user, now));
  }
  done(std::move(states));
}

void MemoryMap::count(std::vector<UserId> users, Counted done) {
  Headcount here;
  here.all = users.size();
  {
    std::lock_guard lock(mutex_);
    for (const UserId user : users) {
      const auto status = roster_.status(user);
      here.online += status == Status::kOnline;
      here.away += status == Status::kAway;
    }
  }
  done(here);
}

void MemoryMap::run() {
  role_.bind("presence");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto now = clock_.mono();
    for (const auto& change : roster_.tick(now)) changes_.add(change);
    if (changes_.due() <= now) {
      auto changes = changes_.take(now);
      lock.unlock();
      if (listener_) listener_(std::move(changes));
      lock.lock();
      continue;
    }
    const auto due = std::min(roster_.next_due().value_or(MonoTime::max()), changes_.due());
    wake_.wait_for(lock, due - now);
  }
}

}  // namespace fairlead::presence
