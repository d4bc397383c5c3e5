#pragma once

#include <algorithm>
#include <utility>

#include "core/clock.h"
#include "presence/presence.h"

namespace fairlead::presence {

// Changes on their way to the listener: the first after a quiet time goes at once, what follows
// goes together, so that thousands who come at once are a few announcements. Of a user's changes
// the last one counts. When nothing changes the listener is called now and then all the same, for
// whoever sums up. At most twice as many are held as there are users. A state machine without a
// thread or a clock; not thread-safe.
class Gather {
 public:
  static constexpr Millis kEvery{250};
  static constexpr Millis kQuiet{5000};

  void add(Change change) {
    if (changes_.size() == changes_.capacity()) keep_the_last();
    changes_.push_back(change);
  }
  // When take() is due.
  MonoTime due() const { return last_ + (changes_.empty() ? kQuiet : kEvery); }
  Changes take(MonoTime now) {
    last_ = now;
    keep_the_last();
    return std::exchange(changes_, {});
  }

 private:
  void keep_the_last() {
    std::ranges::stable_sort(changes_, {}, &Change::user);
    const auto is_superseded = [](const Change& a, const Change& b) { return a.user == b.user; };
    // Of equals unique() keeps the first: so from behind.
    const auto kept = std::unique(changes_.rbegin(), changes_.rend(), is_superseded);
    changes_.erase(changes_.begin(), kept.base());
  }

  Changes changes_;  // in the order in which they came, or by user and then so
  MonoTime last_{};
};

}  // namespace fairlead::presence
