#include "api/store_probe.h"

#include <string>
#include <utility>

namespace fairlead::api {
namespace {

using namespace std::chrono_literals;

constexpr auto kFresh = 1s;
constexpr auto kPatience = 5s;
constexpr std::size_t kWaitingMax = 256;  // beyond: the last answer stands

}  // namespace

void StoreProbe::check(std::function<void(bool)> done) {
  const auto now = clock_.mono();
  std::unique_lock lock(mutex_);
  const bool late = asked_at_ && now - *asked_at_ > kPatience;
  const bool fresh = answered_at_ && now - *answered_at_ < kFresh;
  if (late || fresh || waiting_.size() >= kWaitingMax) {
    const bool answer = writable_ && !late;
    lock.unlock();
    return done(answer);
  }
  waiting_.push_back(std::move(done));
  if (asked_at_) return;
  asked_at_ = now;
  lock.unlock();
  start();
}

void StoreProbe::start() {
  writer_.submit<void>(
      [this](store::Transaction& tx) -> Result<void> {
        tx.put_setting("ready_probe_ms", std::to_string(clock_.wall_ms()));
        return {};
      },
      [this](Result<void> answer) {
        std::vector<std::function<void(bool)>> waiting;
        {
          std::lock_guard lock(mutex_);
          waiting.swap(waiting_);
          asked_at_.reset();
          answered_at_ = clock_.mono();
          writable_ = answer.has_value();
        }
        for (const auto& done : waiting) done(answer.has_value());
      });
}

}  // namespace fairlead::api
