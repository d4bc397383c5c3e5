#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "core/clock.h"

namespace fairlead::hub {

// The pace at which large rooms are written to, round after round. A round is over when all their
// sessions have been written to and a proxy in between has taken it in; then there is a pause as
// long as the round was, without what the shard did for others in between. What comes meanwhile
// goes out together in the next one, and whoever shares the processor has its turn: the proxy, and
// the next send, which would otherwise wait behind all that the proxy has to pass on. Where a proxy
// has to pass on few events a round, the pause is half as long again, so that there are more of
// them in the next. A server with little to do does not notice. An operator may ask for more time
// from one round to the next as long as rounds bring few. One thread: the shard's.
class Pace {
 public:
  static constexpr std::chrono::milliseconds kPauseMax{20};
  static constexpr std::chrono::milliseconds kLongPauseMax{45};
  static constexpr std::size_t kEnough = 4;                  // events in a round
  static constexpr std::chrono::milliseconds kProxyMax{40};  // then it is not waited for any longer

  // `apart`: at least so long from the beginning of a round of few events to that of the next.
  explicit Pace(std::chrono::milliseconds apart = {}) : apart_(apart) {}

  bool is_writing() const { return state_ == State::kWriting; }
  // A proxy is watched: may_begin() is to be asked at next() even if nobody waits.
  bool is_watching() const { return state_ == State::kPassingOn; }
  // Not writing: when it is worth to ask may_begin() again.
  MonoTime next() const { return next_; }

  // Whether a round may begin. `behind`: if a proxy is watched, it has not taken in all of the last
  // one.
  bool may_begin(MonoTime now, bool behind) {
    if (now < next_) return false;
    if (state_ == State::kPassingOn) {
      if (now < wrote_ + kProxyMax && behind) {
        next_ = now + kAskAgain;
        return false;
      }
      pause(now);
    }
    return now >= next_;
  }
  void begin(MonoTime now) {
    state_ = State::kWriting;
    began_ = written_since_ = now;
  }
  // A turn has done its share of the round; another one goes on.
  void leave(MonoTime now) { left_ = now; }
  void go_on(MonoTime now) { written_since_ += now - left_; }
  // The round's last write is done. `events`: as many as it brought to one session at most.
  void wrote(MonoTime now, bool behind, std::size_t events) {
    wrote_ = now;
    brought_little_ = events < kEnough;
    if (behind) {
      state_ = State::kPassingOn;
      next_ = now + kAskAgain;
    } else {
      pause(now);
    }
  }

 private:
  enum class State : std::uint8_t { kPause, kWriting, kPassingOn };
  static constexpr std::chrono::milliseconds kAskAgain{1};

  void pause(MonoTime now) {
    const bool longer = state_ == State::kPassingOn && brought_little_;
    const MonoTime::duration round = now - written_since_;
    const auto rest = longer ? std::min<MonoTime::duration>(round * 3 / 2, kLongPauseMax)
                             : std::min<MonoTime::duration>(round, kPauseMax);
    state_ = State::kPause;
    next_ = now + rest;
    if (brought_little_) next_ = std::max(next_, began_ + apart_);
  }

  const std::chrono::milliseconds apart_;
  State state_ = State::kPause;
  bool brought_little_ = false;
  MonoTime began_{};
  MonoTime written_since_{};  // began_, without what the shard did for others in between
  MonoTime left_{};
  MonoTime wrote_{};
  MonoTime next_{};
};

}  // namespace fairlead::hub
