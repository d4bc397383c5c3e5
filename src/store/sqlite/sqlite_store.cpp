#include "store/sqlite/sqlite_store.h"

#include <fcntl.h>

#include <algorithm>
#include <thread>

#include "core/unique_fd.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/scope.h"
#include "store/sqlite/sqlite_transaction.h"
#include "store/sqlite/turnstile.h"

namespace fairlead::store {
namespace sqlite {
namespace {

constexpr int kWriterCacheKib = 64 * 1024;
// A page of the log is read once, what is above it often: that fits. The kernel keeps the rest.
constexpr int kReaderCacheKib = 256;
// Of 4 KiB in the WAL: then they are moved to the database, before the next write or, better, when
// nothing is to be written. 4,000 take 25-45 ms on a busy core.
constexpr int kCheckpointPages = 4000;
constexpr int kTidyPages = 1000;
constexpr std::chrono::milliseconds kCheckpointWait(100);
constexpr int kWalBytesKept = 64 * 1024 * 1024;

// Once in a file's life. SQLite does not wait here for another process that is just creating the
// file, too (the busy handler is not called for this change of lock), so this does.
void switch_to_wal(Connection& connection, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    try {
      if (connection.text_of("PRAGMA journal_mode = WAL") == "wal") return;
    } catch (const StoreFailure&) {
      if (std::chrono::steady_clock::now() >= deadline) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      continue;
    }
    throw StoreFailure("sqlite: the file system does not take a write-ahead log");
  }
}

class SqliteReader final : public Store::Reader {
 public:
  SqliteReader(const std::string& path, const std::string& epoch, const SqliteOptions& options)
      : connection_(path, Connection::Mode::kReadOnly, options.busy_timeout), epoch_(epoch) {
    connection_.execute("PRAGMA cache_size = -" + std::to_string(kReaderCacheKib));
    connection_.execute("PRAGMA temp_store = MEMORY");
    connection_.execute("PRAGMA trusted_schema = OFF");
  }
  void read(const std::function<void(View&)>& work) override {
    Scope scope(connection_, "BEGIN");
    Viewing<View> view(connection_, epoch_);
    work(view);
  }
  void release_memory() override { connection_.release_memory(); }

 private:
  Connection connection_;
  const std::string epoch_;
};

// The length of the WAL at which it is worth a checkpoint: `first` pages, and if that was in vain,
// not again before there are `more`.
class CheckpointDue {
 public:
  explicit CheckpointDue(int first) : CheckpointDue(first, first / 4) {}
  CheckpointDue(int first, int more) : first_(first), more_(more), due_(first) {}

  bool is_at(int pages) {
    if (pages < first_) due_ = first_;  // it has started from the beginning
    if (pages < due_) return false;
    due_ = pages + more_;
    return true;
  }

 private:
  const int first_;
  const int more_;
  int due_;
};

// The store over one SQLite file: one writing connection, and one for each reader. WAL, so that
// readers and the writer do not wait for each other. docs/decisions/0002-one-log-in-sqlite.md says
// why.
class SqliteStore final : public Store {
 public:
  SqliteStore(const std::string& path, const SqliteOptions& options)
      : path_(path),
        options_(options),
        turnstile_(path),
        checkpoint_due_(std::min(kCheckpointPages, options.wal_pages_max)),
        writer_(path, Connection::Mode::kReadWrite, options.busy_timeout) {
    writer_.execute("PRAGMA synchronous = FULL");  // G2: an fsync of the WAL with every commit
    writer_.execute("PRAGMA foreign_keys = OFF");
    writer_.execute(
        "PRAGMA temp_store = MEMORY");  // savepoints keep what they would undo in memory
    writer_.execute("PRAGMA trusted_schema = OFF");
    writer_.execute("PRAGMA cache_size = -" + std::to_string(kWriterCacheKib));
    writer_.execute("PRAGMA journal_size_limit = " + std::to_string(kWalBytesKept));
    migrate(writer_);  // first: the file of another program is not touched
    switch_to_wal(writer_, options.busy_timeout);
    if (options.pages_max > 0) {
      writer_.execute("PRAGMA max_page_count = " + std::to_string(options.pages_max));
    }
    epoch_ = Reads(writer_, epoch_).setting("epoch");
    checkpoint_if_due();
  }

  const std::string& epoch() const override { return epoch_; }

  void write(const std::function<void(Transaction&)>& work) override {
    // Not after the commit: that one's acknowledgements need not wait for it.
    checkpoint_if_due();
    const Turnstile::Turn turn(turnstile_, options_.busy_timeout);
    // IMMEDIATE: the next position is read under the lock, so that other processes cannot take it.
    Scope scope(writer_, "BEGIN IMMEDIATE");
    SqliteTransaction transaction(writer_, epoch_);
    work(transaction);
    scope.commit();
  }

  void tidy() noexcept override {
    if (tidy_due_.is_at(writer_.wal_pages())) writer_.checkpoint(std::chrono::milliseconds(0));
  }

  std::unique_ptr<Reader> open_reader() override {
    return std::make_unique<SqliteReader>(path_, epoch_, options_);
  }

 private:
  // The WAL starts from the beginning when all of it is in the database and no reader stands in it.
  // Readers come and go, so that is soon; but they may overlap without end, and then the WAL would
  // grow without end.
  void checkpoint_if_due() {
    const int pages = writer_.wal_pages();
    if (!checkpoint_due_.is_at(pages)) return;
    const bool too_long = pages >= options_.wal_pages_max;
    writer_.checkpoint(too_long ? kCheckpointWait : std::chrono::milliseconds(0));
  }

  const std::string path_;
  const SqliteOptions options_;
  Turnstile turnstile_;
  CheckpointDue checkpoint_due_;
  CheckpointDue tidy_due_{kTidyPages, kTidyPages};
  Connection writer_;
  std::string epoch_;
};

}  // namespace
}  // namespace sqlite

std::unique_ptr<Store> open_sqlite_store(const std::string& path, const SqliteOptions& options) {
  // Password hashes and keys are in it. O_EXCL: opening and closing a file that SQLite has open
  // already would drop its locks (POSIX).
  UniqueFd created(::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600));
  created.reset();
  return std::make_unique<sqlite::SqliteStore>(path, options);
}

}  // namespace fairlead::store
