#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "log/failure_log.h"
#include "protocol/model.h"
#include "search/excerpt.h"
#include "search/indexer.h"

namespace fairlead::search {

struct Question {
  UserId asker;
  std::vector<store::SearchIndex::Term> terms;
  // The rooms to look in, which the asker may read; asked in the snapshot that the answer is of.
  std::function<Result<std::vector<RoomId>>(store::View&)> rooms;
  std::size_t limit = 20;
};

struct Found {
  Message message;  // as it is now, and as the asker sees it
  Excerpt excerpt;
};

struct Findings {
  std::vector<Found> found;  // what fits best first; of what fits as well, the newest
  bool complete = true;      // false: the index is still being made, or there was too much to look
                             // through; older messages are missing
};

// One thread that keeps the search index where the log is, a moment behind it, and answers what is
// asked. An answer knows everything that was committed when its question was asked.
class Searcher {
 public:
  using Done = std::function<void(Result<Findings>)>;
  static constexpr std::size_t kQuestionsMax = 64;       // waiting …
  static constexpr std::size_t kQuestionsOfOneMax = 32;  // … of one asker
  static constexpr std::size_t kCandidatesMax = 100;  // the newest that match; the best are of them
  // When nobody asks: what is said meanwhile goes into the index together …
  static constexpr std::chrono::milliseconds kGather{250};
  static constexpr int kRest = 20;  // … and of a core that is all busy with sends it takes a 20th
  static constexpr std::chrono::seconds kRestMax{10};
  // Then an answer is not complete.
  static constexpr std::chrono::seconds kCatchUpMax{1}, kFindMax{1};

  // Opens a reader of the store. Throws StoreFailure.
  Searcher(store::Store& store, std::unique_ptr<store::SearchIndex> index, const Clock& clock);
  ~Searcher();  // stop()

  void start();
  void stop();  // what waits is answered with `shutting_down`; joins

  // Any thread; does not block. There is more in the log.
  void look();
  // Any thread; does not block. `done` comes on the searcher's thread, or with `overloaded` or
  // `shutting_down` on the calling one; it must only hand the answer on. Other errors: those of
  // `rooms`, store_unavailable.
  void ask(Question question, Done done);

 private:
  struct Job {
    Question question;
    Done done;
  };

  void run();
  Job next_job();  // under mutex_
  bool is_stopping();
  void answer(const Job& job);
  Result<Findings> find(const Question& question);
  bool catch_up(MonoTime until);  // false: not all the way
  void keep_up();

  const std::unique_ptr<store::Store::Reader> reader_;
  const std::unique_ptr<store::SearchIndex> index_;
  const Clock& clock_;
  Indexer indexer_;  // the thread's
  log::FailureLog failures_;
  std::thread thread_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;   // guarded by mutex_
  UserId last_asker_;      // guarded by mutex_
  bool behind_ = true;     // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
};

}  // namespace fairlead::search
