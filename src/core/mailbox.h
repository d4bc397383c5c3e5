#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <utility>

namespace fairlead {

// How another thread talks to a loop: tasks go in from any thread and run, in order, on the thread
// that calls run(). Many posts before one run() cause one wake-up.
//
// `wake` is called from the posting thread, outside the lock, when the box was empty; it must not
// block and must make the owner call run() soon. After close() posts are dropped (and say so).
class Mailbox {
 public:
  using Task = std::function<void()>;

  explicit Mailbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  // Any thread. False: the owner has gone, the task was not taken.
  bool post(Task task) {
    bool first;
    {
      std::lock_guard lock(mutex_);
      if (closed_) return false;
      first = tasks_.empty();
      tasks_.push_back(std::move(task));
    }
    if (first) wake_();
    return true;
  }

  // Owner's thread: runs what was there when it was called; later posts wake again.
  void run() {
    run_until([] { return false; });
  }

  // Owner's thread: the same, but ends after the task behind which `enough()` says so. False: some are left, for
  // which nothing wakes the owner, nor for later posts: it must call again by itself.
  template <typename Enough>
  bool run_until(Enough enough) {
    // What was left last time goes first, then what came since: its wake-up may be the one that we run for.
    for (int rounds = taken_.empty() ? 1 : 2; rounds > 0; --rounds) {
      if (taken_.empty()) {
        std::lock_guard lock(mutex_);
        taken_.swap(tasks_);
      }
      while (!taken_.empty()) {
        const auto task = std::move(taken_.front());
        taken_.pop_front();
        task();
        if (enough()) return taken_.empty() && rounds == 1;
      }
    }
    return true;
  }

  // Owner's thread. What is still inside is destroyed without having run.
  void close() {
    std::deque<Task> taken, tasks;
    std::lock_guard lock(mutex_);
    closed_ = true;
    taken.swap(taken_);
    tasks.swap(tasks_);
  }

 private:
  std::function<void()> wake_;
  std::deque<Task> taken_;  // the owner's: about to run
  std::mutex mutex_;
  std::deque<Task> tasks_;  // guarded by mutex_
  bool closed_ = false;     // guarded by mutex_
};

}  // namespace fairlead
