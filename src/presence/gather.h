#pragma once

#include <map>
#include <utility>

#include "core/clock.h"
#include "presence/presence.h"

namespace fairlead::presence {

// Changes on their way to the listener: the first after a quiet time goes at once, what follows
// goes together, so that thousands who come at once are a few announcements. Of a user's changes
// the last one counts. When nothing changes the listener is called now and then all the same, for
// whoever sums up. A state machine without a thread or a clock; not thread-safe.
class Gather {
 public:
  static constexpr Millis kEvery{250};
  static constexpr Millis kQuiet{5000};

  void add(UserId user, State state) { changes_.insert_or_assign(user, std::move(state)); }
  // When take() is due.
  MonoTime due() const { return last_ + (changes_.empty() ? kQuiet : kEvery); }
  Changes take(MonoTime now) {
    last_ = now;
    return std::exchange(changes_, {});
  }

 private:
  Changes changes_;
  MonoTime last_{};
};

}  // namespace fairlead::presence
