#include "log/readers.h"

#include <pthread.h>

#include "log/failure_log.h"

namespace fairlead::log {

Readers::Readers(store::Store& store, int threads, std::size_t queue_max)
    : store_(store), threads_max_(threads), queue_max_(queue_max) {}

Readers::~Readers() {
  stop();
}

void Readers::start() {
  for (int i = 0; i < threads_max_; ++i) {
    // Opened here, so that a store that cannot be read fails the start.
    threads_.emplace_back([this, reader = store_.open_reader()] { run(*reader); });
  }
}

void Readers::stop() {
  std::deque<Job> left;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    left.swap(queue_);
  }
  ready_.notify_all();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
  for (auto& job : left) job.refuse(error(ErrorCode::kShuttingDown, "try again in a moment"));
}

void Readers::report(const std::exception& e) {
  static FailureLog failures;
  failures.report("read_failed", e.what());
}

void Readers::enqueue(Job job) {
  auto code = ErrorCode::kShuttingDown;
  {
    std::unique_lock lock(mutex_);
    if (!stopping_ && queue_.size() < queue_max_) {
      queue_.push_back(std::move(job));
      const bool one_waits = waiting_ > 0;
      lock.unlock();  // or who is woken would wait for it at once
      if (one_waits) ready_.notify_one();
      return;
    }
    if (!stopping_) code = ErrorCode::kOverloaded;
  }
  Error refusal = error(code, "try again in a moment");
  refusal.retry_after_s = 1;
  job.refuse(std::move(refusal));
}

void Readers::run(store::Store::Reader& reader) {
  pthread_setname_np(pthread_self(), "log_reader");
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      ++waiting_;
      ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      --waiting_;
      if (queue_.empty()) return;
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    try {
      job.run(reader);
    } catch (const std::exception& e) {  // out of `done`: a bug, but not one to stop reading for
      report(e);
    }
  }
}

}  // namespace fairlead::log
