#include "presence/memory/memory_map.h"

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
  std::lock_guard lock(mutex_);
  if (stopping_) return;
  auto change = roster_.open(user, session, transport, {clock_.mono(), clock_.wall_ms()});
  if (!change) return;
  changes_.push_back(*std::move(change));
  wake_.notify_one();
}

void MemoryMap::close(UserId user, std::string_view session) {
  std::lock_guard lock(mutex_);
  if (stopping_) return;
  const auto due_before = roster_.next_due();
  roster_.close(user, session, {clock_.mono(), clock_.wall_ms()});
  if (roster_.next_due() != due_before) wake_.notify_one();
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

void MemoryMap::run() {
  role_.bind("presence");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    for (Roster::Change& change : roster_.tick(clock_.mono()))
      changes_.push_back(std::move(change));
    if (!changes_.empty()) {
      std::deque<Roster::Change> changes;
      changes.swap(changes_);
      lock.unlock();
      if (listener_) {
        for (const Roster::Change& change : changes) listener_(change.user, change.state);
      }
      lock.lock();
      continue;
    }
    if (const auto due = roster_.next_due()) {
      wake_.wait_for(lock, *due - clock_.mono());
    } else {
      wake_.wait(lock);
    }
  }
}

}  // namespace fairlead::presence
