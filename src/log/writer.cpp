#include "log/writer.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace fairlead::log {
namespace {

constexpr std::int64_t kRetryAfter_s = 1;

Error refusal(ErrorCode code) {
  Error e = error(code, "try again in a moment");
  e.retry_after_s = kRetryAfter_s;
  return e;
}

}  // namespace

Writer::Writer(store::Store& store, std::size_t queue_max, std::size_t batch_max)
    : store_(store), queue_max_(queue_max), batch_max_(batch_max) {}

Writer::~Writer() {
  stop();
}

void Writer::subscribe(Subscriber subscriber) {
  subscribers_.push_back(std::move(subscriber));
}

void Writer::start() {
  thread_ = std::thread([this] { run(); });
}

void Writer::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_one();
  if (thread_.joinable()) thread_.join();
  // Only what was queued without a start() is still there.
  std::deque<std::unique_ptr<Command>> left;
  {
    std::lock_guard lock(mutex_);
    left.swap(queue_);
  }
  for (auto& command : left) {
    command->refuse(refusal(ErrorCode::kShuttingDown));
    command->finish();
  }
}

WriterStats Writer::stats() const {
  std::lock_guard lock(mutex_);
  return stats_;
}

void Writer::enqueue(std::unique_ptr<Command> command) {
  auto code = ErrorCode::kShuttingDown;
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    if (!stopping_ && queue_.size() < queue_max_) {
      first = queue_.empty();
      queue_.push_back(std::move(command));
    } else if (!stopping_) {
      code = ErrorCode::kOverloaded;
    }
  }
  if (command) {
    command->refuse(refusal(code));
    command->finish();
  } else if (first) {
    ready_.notify_one();
  }
}

void Writer::run() {
  role_.bind("log_writer");
  std::vector<std::unique_ptr<Command>> commands;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      const auto n = static_cast<std::ptrdiff_t>(std::min(queue_.size(), batch_max_));
      commands.assign(std::make_move_iterator(queue_.begin()),
                      std::make_move_iterator(queue_.begin() + n));
      queue_.erase(queue_.begin(), queue_.begin() + n);
    }
    commit(commands);
    commands.clear();
    if (is_idle()) store_.tidy();
  }
}

bool Writer::is_idle() const {
  std::lock_guard lock(mutex_);
  return queue_.empty() && !stopping_;
}

bool Writer::apply(Command& command, store::Transaction& transaction) {
  try {
    return command.apply(transaction);
  } catch (const store::StoreFailure& e) {
    failures_.report("command_failed", e.what());
    command.refuse(refusal(ErrorCode::kStoreUnavailable));
  } catch (const std::exception& e) {
    failures_.report("command_failed", e.what());
    command.refuse(error(ErrorCode::kInternal));
  }
  return false;
}

void Writer::commit(std::vector<std::unique_ptr<Command>>& commands) {
  role_.assert_here();
  auto batch = std::make_shared<Batch>();
  bool failed = false;
  try {
    store_.write([&](store::Transaction& transaction) {
      for (auto& command : commands) {
        transaction.begin_command();
        if (apply(*command, transaction)) {
          transaction.keep_command();
        } else {
          transaction.undo_command();
        }
      }
      batch->events = transaction.appended();
    });
  } catch (const std::exception& e) {
    failures_.report("commit_failed", e.what());
    failed = true;
    batch->events.clear();
    for (auto& command : commands) command->refuse(refusal(ErrorCode::kStoreUnavailable));
  }
  {
    std::lock_guard lock(mutex_);
    stats_.commands += commands.size();
    stats_.events += batch->events.size();
    ++(failed ? stats_.failed_commits : stats_.commits);
  }
  // G1: whoever is told of a commit can already see its events on their way to the sessions.
  if (!batch->events.empty()) {
    for (const auto& subscriber : subscribers_) subscriber(batch);
  }
  for (auto& command : commands) {
    try {
      command->finish();
    } catch (const std::exception& e) {
      failures_.report("command_answer_failed", e.what());
    }
  }
}

}  // namespace fairlead::log
