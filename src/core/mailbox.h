#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

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
    std::vector<Task> tasks;
    {
      std::lock_guard lock(mutex_);
      tasks.swap(tasks_);
    }
    for (auto& task : tasks) task();
  }

  // Owner's thread. What is still inside is destroyed without having run.
  void close() {
    std::vector<Task> tasks;
    std::lock_guard lock(mutex_);
    closed_ = true;
    tasks.swap(tasks_);
  }

 private:
  std::function<void()> wake_;
  std::mutex mutex_;
  std::vector<Task> tasks_;  // guarded by mutex_
  bool closed_ = false;      // guarded by mutex_
};

}  // namespace fairlead
