#pragma once

#include <condition_variable>
#include <future>
#include <mutex>

#include "log/writer.h"
#include "tests/store/sqlite_bench.h"

namespace fairlead::log {

// A store whose commits fail while it is told to: what was done is rolled back, as on a full disk.
class BreakableStore final : public store::Store {
 public:
  explicit BreakableStore(store::Store& inner) : inner_(inner) {}
  void break_commits(bool broken) { broken_ = broken; }

  const std::string& epoch() const override { return inner_.epoch(); }
  void write(const std::function<void(store::Transaction&)>& work) override {
    inner_.write([&](store::Transaction& t) {
      work(t);
      if (broken_) throw store::StoreFailure("broken on purpose");
    });
  }
  void tidy() noexcept override { ++tidied_; }
  int tidied() const { return tidied_; }
  std::unique_ptr<Reader> open_reader() override { return inner_.open_reader(); }

 private:
  store::Store& inner_;
  std::atomic<bool> broken_ = false;
  std::atomic<int> tidied_ = 0;
};

// A gate that threads wait at until it is opened.
class Gate {
 public:
  void open() {
    {
      std::lock_guard lock(mutex_);
      open_ = true;
    }
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

class LogTest : public ::testing::Test {
 protected:
  static store::EventDraft draft(RoomId room = RoomId(7)) {
    store::EventDraft draft;
    draft.type = "message.created";
    draft.room = room;
    draft.time_ms = 1;
    draft.data = "{}";
    return draft;
  }

  // Submits, and a future for the answer.
  template <typename T>
  static std::future<Result<T>> submit(Writer& writer,
                                       std::function<Result<T>(store::Transaction&)> apply) {
    auto promise = std::make_shared<std::promise<Result<T>>>();
    auto future = promise->get_future();
    writer.submit<T>(std::move(apply),
                     [promise](Result<T> answer) { promise->set_value(std::move(answer)); });
    return future;
  }
  static std::future<Result<LogPosition>> append(Writer& writer) {
    return submit<LogPosition>(writer,
                               [](store::Transaction& t) { return t.append(draft())->position; });
  }
  // Occupies the writer's thread (with a command that changes nothing) until the gate opens. When
  // this returns the thread is inside it, so what is submitted next waits in the queue, to be one
  // batch.
  static std::future<Result<int>> hold(Writer& writer, Gate& gate) {
    auto inside = std::make_shared<std::promise<void>>();
    auto entered = inside->get_future();
    auto answer = submit<int>(writer, [inside, &gate](store::Transaction&) -> Result<int> {
      inside->set_value();
      gate.wait();
      return 0;
    });
    entered.wait();
    return answer;
  }
  LogPosition stored_head() {
    LogPosition head;
    store_->open_reader()->read([&](store::View& view) { head = view.head(); });
    return head;
  }

  store::SqliteBench bench_;
  std::unique_ptr<store::Store> store_ = bench_.open();
};

}  // namespace fairlead::log
