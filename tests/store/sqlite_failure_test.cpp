#include <sys/resource.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>

#include "store/sqlite/connection.h"
#include "tests/store/sqlite_bench.h"

// What happens to the store when SQLite cannot go on: StoreFailure, nothing half done, and later it
// works again.
namespace fairlead::store {
namespace {

EventDraft large_draft() {
  EventDraft draft;
  draft.type = "message.created";
  draft.room = RoomId(7);
  draft.time_ms = 1;
  draft.data = "\"" + std::string(10'000, 'x') + "\"";
  return draft;
}

std::int64_t head_of(Store& store) {
  LogPosition head;
  store.open_reader()->read([&](View& view) { head = view.head(); });
  return head.value();
}

// Files may not grow beyond `bytes` while this lives: writes fail as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  sighandler_t handler_ = SIG_DFL;
};

class SqliteFailureTest : public ::testing::Test {
 protected:
  TemporaryDirectory directory_;
  std::string path_ = directory_.file("fairlead.db");
};

TEST_F(SqliteFailureTest, AFullDatabaseFailsTheWholeWriteAndWorksAgainWhenThereIsRoom) {
  auto store = open_sqlite_store(path_, {std::chrono::seconds(5), /*pages_max=*/100});
  int kept = 0;
  for (bool full = false; !full;) {
    ASSERT_LT(kept, 100);
    try {
      store->write([&](Transaction& t) {
        t.begin_command();
        t.put_setting("kept", std::to_string(kept + 1));
        t.keep_command();
        t.begin_command();
        try {
          t.append(large_draft());
          t.keep_command();
        } catch (const StoreFailure&) {
          // SQLite has rolled back everything: the command cannot be undone alone, and nothing goes
          // on.
          EXPECT_THROW(t.undo_command(), StoreFailure);
          EXPECT_THROW(t.put_setting("other", "x"), StoreFailure);
          full = true;
        }
      });
      ++kept;
    } catch (const StoreFailure&) {
      EXPECT_TRUE(full);
    }
  }
  EXPECT_GT(kept, 5);
  EXPECT_EQ(head_of(*store), kept);
  store->open_reader()->read([&](View& view) {
    EXPECT_EQ(view.setting("kept"), std::to_string(kept));
    EXPECT_EQ(view.setting("other"), "");
  });
  store->write([](Transaction& t) { t.prune(1000, 10); });
  store->write([](Transaction& t) { t.append(large_draft()); });
  EXPECT_EQ(head_of(*store), kept + 1);
}

TEST_F(SqliteFailureTest, ACommitThatCannotBeWrittenLeavesNothingAndTheNextOneWorks) {
  auto store = open_sqlite_store(path_);
  store->write([](Transaction& t) { t.append(large_draft()); });
  const auto reader = store->open_reader();
  for (int round = 0; round < 3; ++round) {
    {
      FileSizeLimit limit(512 * 1024);
      EXPECT_THROW(store->write([](Transaction& t) {
        for (int i = 0; i < 100; ++i) t.append(large_draft());
      }),
                   StoreFailure);
      LogPosition head;
      reader->read([&](View& view) { head = view.head(); });
      EXPECT_EQ(head, LogPosition(round + 1));
    }
    store->write([](Transaction& t) { t.append(large_draft()); });
    EXPECT_EQ(head_of(*store), round + 2);
  }
  store.reset();
  EXPECT_EQ(head_of(*open_sqlite_store(path_)), 4);
}

TEST_F(SqliteFailureTest, ATransactionThatSpilledToTheDiskIsUndoneWhole) {
  auto store = open_sqlite_store(path_);
  // More than the writer's cache holds, so that pages are written before the commit fails.
  FileSizeLimit limit(80 * 1024 * 1024);
  EXPECT_THROW(store->write([](Transaction& t) {
    for (int i = 0; i < 12'000; ++i) t.append(large_draft());
  }),
               StoreFailure);
  EXPECT_EQ(head_of(*store), 0);
  store->write([](Transaction& t) { t.append(large_draft()); });
  EXPECT_EQ(head_of(*store), 1);
}

TEST_F(SqliteFailureTest, AFileThatIsLockedForTooLongFailsTheWriteAndNotTheReaders) {
  auto store = open_sqlite_store(path_, {std::chrono::milliseconds(20), 0});
  store->write([](Transaction& t) { t.append(large_draft()); });
  {
    sqlite::Connection other(path_, sqlite::Connection::Mode::kReadWrite, std::chrono::seconds(1));
    other.execute("BEGIN IMMEDIATE");
    EXPECT_THROW(store->write([](Transaction& t) { t.append(large_draft()); }), StoreFailure);
    EXPECT_EQ(head_of(*store), 1);
    other.execute("ROLLBACK");
  }
  store->write([](Transaction& t) { t.append(large_draft()); });
  EXPECT_EQ(head_of(*store), 2);
}

// Readers that overlap without end: one is always in the middle of a snapshot, so the log of the
// commits could never start from the beginning by itself.
TEST_F(SqliteFailureTest, TheWriteAheadLogStaysBoundedWhileReadersOverlap) {
  SqliteOptions options;
  options.wal_pages_max = 500;  // 2 MB
  auto store = open_sqlite_store(path_, options);
  std::mutex mutex;
  std::condition_variable changed;
  int turn = 0;
  bool stopping = false;
  std::uintmax_t longest = 0;
  const auto read_on = [&](int me) {
    const auto reader = store->open_reader();
    for (;;) {
      bool done = false;
      reader->read([&](View& view) {
        view.head();  // the snapshot begins here, while the other one still has its own
        std::unique_lock lock(mutex);
        turn = me;
        changed.notify_all();
        changed.wait(lock, [&] { return turn != me || stopping; });
        done = stopping;
      });
      if (done) return;
    }
  };
  std::thread one(read_on, 1), two(read_on, 2);
  for (int i = 0; i < 400; ++i) {
    store->write([](Transaction& t) {
      for (int n = 0; n < 10; ++n) t.append(large_draft());  // 120 KB, 40 MB in all
    });
    longest = std::max(longest, std::filesystem::file_size(path_ + "-wal"));
  }
  {
    std::lock_guard lock(mutex);
    stopping = true;
  }
  changed.notify_all();
  one.join();
  two.join();
  EXPECT_LT(longest, 8u * 1024 * 1024);
  EXPECT_EQ(head_of(*store), 4000);
}

TEST_F(SqliteFailureTest, WhoTidiesBetweenWritesKeepsTheWriteAheadLogShort) {
  const auto longest = [&](bool tidies) {
    auto store = open_sqlite_store(path_ + (tidies ? "-tidy" : "-not"));
    std::uintmax_t bytes = 0;
    for (int i = 0; i < 100; ++i) {
      store->write([](Transaction& t) {
        for (int n = 0; n < 10; ++n) t.append(large_draft());  // 120 KB, 12 MB in all
      });
      if (tidies) store->tidy();
      bytes =
          std::max(bytes, std::filesystem::file_size(path_ + (tidies ? "-tidy-wal" : "-not-wal")));
    }
    EXPECT_EQ(head_of(*store), 1000);
    return bytes;
  };
  EXPECT_LT(longest(true), 6u * 1024 * 1024);
  EXPECT_GT(longest(false), 8u * 1024 * 1024);
}

TEST_F(SqliteFailureTest, TwoStoresOnOneFileShareOneOrder) {
  constexpr int kEach = 60;
  auto one = open_sqlite_store(path_);
  auto two = open_sqlite_store(path_);
  EXPECT_EQ(one->epoch(), two->epoch());
  std::vector<std::int64_t> of_one, of_two;
  const auto work = [](Store& store, std::vector<std::int64_t>& positions) {
    for (int i = 0; i < kEach; ++i) {
      store.write(
          [&](Transaction& t) { positions.push_back(t.append(large_draft())->position.value()); });
    }
  };
  std::thread other([&] { work(*two, of_two); });
  work(*one, of_one);
  other.join();
  std::vector<std::int64_t> all(of_one);
  all.insert(all.end(), of_two.begin(), of_two.end());
  std::sort(all.begin(), all.end());
  for (int i = 0; i < 2 * kEach; ++i) ASSERT_EQ(all[static_cast<std::size_t>(i)], i + 1);
}

}  // namespace
}  // namespace fairlead::store
