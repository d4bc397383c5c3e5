#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/limits.h"
#include "core/result.h"
#include "core/thread_role.h"
#include "log/failure_log.h"
#include "store/store.h"

namespace fairlead::log {

// What one commit added to the log: consecutive positions, in log order.
struct Batch {
  std::vector<store::EventPtr> events;  // never empty
};
using BatchPtr = std::shared_ptr<const Batch>;

struct WriterStats {
  std::uint64_t commits = 0;
  std::uint64_t commands = 0;
  std::uint64_t events = 0;
  std::uint64_t failed_commits = 0;
};

// The one thread that changes the store. It takes everything that has been submitted, applies it in
// one transaction, commits once for all (group commit), hands the batch to the subscribers in log
// order, and only then acknowledges (G1, G2).
class Writer {
 public:
  using Subscriber = std::function<void(const BatchPtr&)>;

  Writer(store::Store& store, std::size_t queue_max = limits::kWriterQueueMax,
         std::size_t batch_max = limits::kWriterBatchMax);
  ~Writer();  // stop()

  // Before start(). Called on the writer's thread after each commit; must not block.
  void subscribe(Subscriber subscriber);
  void start();
  // Commits what is queued, then joins. Later submissions fail with `shutting_down`.
  void stop();

  // Any thread, does not block. `apply` runs on the writer's thread inside the transaction: it may
  // read and write the store, and be undone alone by returning an error. `done` gets the answer
  // after the commit, on the writer's thread: it must only hand it on. It gets `overloaded` (on the
  // calling thread) when queue_max commands are waiting, `store_unavailable` when the commit
  // failed.
  template <typename T>
  void submit(std::function<Result<T>(store::Transaction&)> apply,
              std::function<void(Result<T>)> done) {
    enqueue(std::make_unique<Typed<T>>(std::move(apply), std::move(done)));
  }

  WriterStats stats() const;

 private:
  class Command {
   public:
    virtual ~Command() = default;
    virtual bool apply(store::Transaction& transaction) = 0;  // false: refused, to be undone
    virtual void refuse(Error error) = 0;                     // instead of whatever apply() said
    virtual void finish() = 0;
  };

  template <typename T>
  class Typed final : public Command {
   public:
    Typed(std::function<Result<T>(store::Transaction&)> apply, std::function<void(Result<T>)> done)
        : apply_(std::move(apply)), done_(std::move(done)) {}
    bool apply(store::Transaction& transaction) override {
      answer_.emplace(apply_(transaction));
      return answer_->has_value();
    }
    void refuse(Error error) override { answer_.emplace(fail(std::move(error))); }
    void finish() override { done_(std::move(*answer_)); }

   private:
    std::function<Result<T>(store::Transaction&)> apply_;
    std::function<void(Result<T>)> done_;
    std::optional<Result<T>> answer_;
  };

  void enqueue(std::unique_ptr<Command> command);
  void run();
  bool apply(Command& command, store::Transaction& transaction);
  bool is_idle() const;
  void commit(std::vector<std::unique_ptr<Command>>& commands);

  store::Store& store_;
  const std::size_t queue_max_;
  const std::size_t batch_max_;
  std::vector<Subscriber> subscribers_;  // constant after start()
  std::thread thread_;
  ThreadRole role_;  // of thread_
  FailureLog failures_;

  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::unique_ptr<Command>> queue_;  // guarded by mutex_
  bool stopping_ = false;                       // guarded by mutex_
  WriterStats stats_;                           // guarded by mutex_
};

}  // namespace fairlead::log
