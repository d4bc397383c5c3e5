#include "transport/connect/gate.h"

#include <algorithm>

#include "core/random.h"

namespace fairlead::connect {

std::optional<std::int64_t> Gate::refusal(bool resumes, MonoTime now) {
  if (settings_.per_second == 0) return std::nullopt;
  std::lock_guard lock(mutex_);
  if (filled_ != MonoTime{}) {
    const std::chrono::duration<double> passed = now - filled_;
    there_ =
        std::min(settings_.burst, there_ + std::max(passed.count(), 0.0) * settings_.per_second);
  }
  filled_ = now;
  if (const double kept_back = resumes ? 0 : settings_.burst / 2; there_ - kept_back >= 1) {
    there_ -= 1;
    return std::nullopt;
  }
  ++refused_;
  refused_at_ = now;
  const auto spread = static_cast<std::uint64_t>((kRetryMax - kRetryMin).count()) + 1;
  return kRetryMin.count() + static_cast<std::int64_t>(random_u64() % spread);
}

std::uint64_t Gate::refused() const {
  std::lock_guard lock(mutex_);
  return refused_;
}

bool Gate::has_refused_lately(MonoTime now) const {
  std::lock_guard lock(mutex_);
  return refused_ > 0 && now - refused_at_ <= kLately;
}

}  // namespace fairlead::connect
