#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

#include "core/clock.h"

namespace fairlead::connect {

// How many clients a node lets in at a time: after a restart or a cut all of them come at once, and
// those that had a session here or elsewhere come first. A bucket of admissions that fills at a
// steady rate; who has no cursor is let in only while it is more than half full. Thread-safe; no
// method blocks.
class Gate {
 public:
  struct Settings {
    double per_second = 5000;  // 0: everybody
    double burst = 40'000;
  };
  static constexpr std::chrono::seconds kRetryMin{1}, kRetryMax{5};
  static constexpr std::chrono::seconds kLately{60};

  explicit Gate(Settings settings) : settings_(settings), there_(settings.burst) {}

  // Null: come in. Otherwise seconds after which to try again, at random, so that those who are
  // refused together do not come back together.
  std::optional<std::int64_t> refusal(bool resumes, MonoTime now);

  std::uint64_t refused() const;
  // Whether anybody was refused within kLately.
  bool has_refused_lately(MonoTime now) const;

 private:
  const Settings settings_;
  mutable std::mutex mutex_;
  double there_;               // guarded by mutex_
  MonoTime filled_{};          // guarded by mutex_
  std::uint64_t refused_ = 0;  // guarded by mutex_
  MonoTime refused_at_{};      // guarded by mutex_; the last time
};

}  // namespace fairlead::connect
