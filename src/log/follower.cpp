#include "log/follower.h"

#include <pthread.h>

#include <algorithm>
#include <string>
#include <utility>

namespace fairlead::log {
namespace {

constexpr std::size_t kPageEvents = 1024;
constexpr std::chrono::milliseconds kPageWait(1);

}  // namespace

Follower::Follower(store::Store& store, LogPosition head)
    : reader_(store.open_reader()), given_(head) {}

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
BatchPtr Follower::pass_on(const BatchPtr& batch) {
  const auto& events = batch->events;
  const auto known =
      std::min(events.size(),
               static_cast<std::size_t>(given_.value() + 1 - events.front()->position.value()));
  stats_.late_events += known;
  if (known == events.size()) return nullptr;
  auto news = batch;
  if (known > 0) {
    auto rest = std::make_shared<Batch>();
    rest->events.assign(events.begin() + static_cast<std::ptrdiff_t>(known), events.end());
    news = std::move(rest);
  }
  given_ = news->events.back()->position;
  for (const auto& subscriber : subscribers_) subscriber(news);
  return news;
}

// Under the mutex, too.
bool Follower::skip_to(LogPosition floor) {
  try {
    failures_.report("log_pruned_before_it_was_read", std::to_string(given_.value()));
    if (lost_) lost_(floor);
  } catch (const std::exception& e) {
    failures_.report("follow_failed", e.what());
    return false;
  }
  given_ = floor;
  return true;
}

void Follower::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wake_.wait_for(lock, kLook, [this] { return missing_ || stopping_; });
    if (stopping_) return;
    missing_ = false;
    const auto after = given_;
    lock.unlock();
    auto page = read(after);
    lock.lock();
    if (page.floor > given_ && !skip_to(page.floor)) continue;
    if (page.batch == nullptr) continue;
    const auto before = given_;
    std::weak_ptr<const Batch> passed_on = pass_on(std::exchange(page.batch, nullptr));
    if (given_ == before) continue;  // it had come by another way meanwhile
    ++stats_.gaps;
    stats_.gap_events += static_cast<std::uint64_t>(given_.value() - before.value());
    missing_ = true;  // and perhaps there is more
    // Not faster than it is taken: a node that was stopped may have missed any number of events.
    while (!stopping_ && !passed_on.expired()) wake_.wait_for(lock, kPageWait);
  }
}

Follower::Page Follower::read(LogPosition after) {
  LogPosition floor;
  auto batch = std::make_shared<Batch>();
  try {
    reader_->read([&](store::View& view) {
      const auto head = view.head();
      if (head <= after) return;
      floor = view.floor();
      batch->events = view.events(std::max(after, floor), head, kPageEvents);
    });
  } catch (const std::exception& e) {
    failures_.report("follow_failed", e.what());  // tried again when it is time to look
    return {};
  }
  if (batch->events.empty()) return {floor, nullptr};
  return {floor, std::move(batch)};
}

}  // namespace fairlead::log
