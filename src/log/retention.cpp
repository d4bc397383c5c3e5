#include "log/retention.h"

#include <pthread.h>

namespace fairlead::log {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kSliceEvents = 2000;
constexpr auto kBetweenSlices = 200ms;
constexpr auto kBetweenRounds = 60s;

}  // namespace

Retention::Retention(Writer& writer, const Clock& clock, std::chrono::hours keep)
    : writer_(writer), clock_(clock), keep_(keep) {}

Retention::~Retention() {
  stop();
}

void Retention::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "retention");
    run();
  });
}

void Retention::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Retention::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    prune();
    lock.lock();
    const auto pause = more_ ? std::chrono::milliseconds(kBetweenSlices)
                             : std::chrono::milliseconds(kBetweenRounds);
    wake_.wait_for(lock, pause, [this] { return stopping_; });
  }
}

void Retention::prune() {
  // What the callback needs is shared, for it may come after this object is gone.
  struct Answer {
    std::mutex mutex;
    std::condition_variable there;
    bool done = false;
    std::size_t pruned = 0;
  };
  const auto answer = std::make_shared<Answer>();
  const auto before_ms = keep_.count() == 0 ? 0 : clock_.wall_ms() - keep_.count();
  writer_.submit<std::size_t>(
      [before_ms](store::Transaction& tx) -> Result<std::size_t> {
        return tx.prune(before_ms, kSliceEvents);
      },
      [answer](const Result<std::size_t>& pruned) {
        std::lock_guard lock(answer->mutex);
        answer->pruned = pruned.value_or(0);
        answer->done = true;
        answer->there.notify_all();
      });
  std::unique_lock lock(answer->mutex);
  answer->there.wait(lock, [&] { return answer->done; });
  std::lock_guard own(mutex_);
  more_ = answer->pruned == kSliceEvents;
}

}  // namespace fairlead::log
