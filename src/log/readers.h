#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/limits.h"
#include "core/result.h"
#include "store/store.h"

namespace fairlead::log {

// A few threads, each with a read-only view of the store: catch-up pages, history, searches.
// Bounded: when queue_max reads are waiting, further ones are refused at once.
class Readers {
 public:
  Readers(store::Store& store, int threads, std::size_t queue_max = limits::kReaderQueueMax);
  ~Readers();  // stop()

  void start();
  void stop();  // what is still queued is answered with `shutting_down`; joins

  // Any thread, does not block. `work` runs on a reader's thread on one consistent snapshot; `done`
  // gets its answer there and must only hand it on. `overloaded` comes on the calling thread;
  // `store_unavailable` when the store failed.
  template <typename T>
  void submit(std::function<Result<T>(store::View&)> work, std::function<void(Result<T>)> done) {
    Job job;
    auto shared_done = std::make_shared<std::function<void(Result<T>)>>(std::move(done));
    job.run = [work = std::move(work), shared_done](store::Store::Reader& reader) {
      std::optional<Result<T>> answer;
      try {
        reader.read([&](store::View& view) { answer.emplace(work(view)); });
      } catch (const std::exception& e) {
        report(e);
        answer.emplace(fail(ErrorCode::kStoreUnavailable, "try again in a moment"));
      }
      (*shared_done)(std::move(*answer));
    };
    job.refuse = [shared_done](Error error) { (*shared_done)(fail(std::move(error))); };
    enqueue(std::move(job));
  }

 private:
  struct Job {
    std::function<void(store::Store::Reader&)> run;
    std::function<void(Error)> refuse;
  };
  static void report(const std::exception& e);
  void enqueue(Job job);
  void run(store::Store::Reader& reader);

  store::Store& store_;
  const int threads_max_;
  const std::size_t queue_max_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Job> queue_;  // guarded by mutex_
  int waiting_ = 0;        // guarded by mutex_; threads with nothing to do
  bool stopping_ = false;  // guarded by mutex_
};

}  // namespace fairlead::log
