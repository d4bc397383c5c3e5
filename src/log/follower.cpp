#include "log/follower.h"

#include <pthread.h>

#include <algorithm>

namespace fairlead::log {
namespace {

constexpr std::size_t kPageEvents = 1024;

}  // namespace

Follower::Follower(store::Store& store, LogPosition head) : store_(store), given_(head) {}

Follower::~Follower() {
  stop();
}

void Follower::subscribe(Subscriber subscriber) {
  subscribers_.push_back(std::move(subscriber));
}

void Follower::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "log_follower");
    run();
  });
}

void Follower::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Follower::offer(const BatchPtr& batch) {
  std::lock_guard lock(mutex_);
  const auto first = batch->events.front()->position;
  if (first.value() > given_.value() + 1) {
    missing_ = true;
    wake_.notify_one();
    return;
  }
  pass_on(batch);
}

FollowerStats Follower::stats() const {
  std::lock_guard lock(mutex_);
  return stats_;
}

// Under the mutex. Its first event is not behind the next one that is wanted.
void Follower::pass_on(const BatchPtr& batch) {
  const auto& events = batch->events;
  const auto known =
      std::min(events.size(),
               static_cast<std::size_t>(given_.value() + 1 - events.front()->position.value()));
  stats_.late_events += known;
  if (known == events.size()) return;
  auto news = batch;
  if (known > 0) {
    auto rest = std::make_shared<Batch>();
    rest->events.assign(events.begin() + static_cast<std::ptrdiff_t>(known), events.end());
    news = std::move(rest);
  }
  given_ = news->events.back()->position;
  for (const auto& subscriber : subscribers_) subscriber(news);
}

void Follower::run() {
  const auto reader = store_.open_reader();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wake_.wait_for(lock, kLook, [this] { return missing_ || stopping_; });
    if (stopping_) return;
    missing_ = false;
    const auto after = given_;
    lock.unlock();
    const auto batch = read(*reader, after);
    lock.lock();
    if (batch == nullptr) continue;
    const auto before = given_;
    pass_on(batch);
    if (given_ == before) continue;  // it had come by another way meanwhile
    ++stats_.gaps;
    stats_.gap_events += static_cast<std::uint64_t>(given_.value() - before.value());
    missing_ = true;  // and perhaps there is more
  }
}

BatchPtr Follower::read(store::Store::Reader& reader, LogPosition after) {
  auto batch = std::make_shared<Batch>();
  try {
    reader.read([&](store::View& view) {
      const auto head = view.head();
      if (head > after) batch->events = view.events(after, head, kPageEvents);
    });
  } catch (const std::exception& e) {
    failures_.report("follow_failed", e.what());  // tried again when it is time to look
  }
  if (batch->events.empty()) return nullptr;
  return batch;
}

}  // namespace fairlead::log
