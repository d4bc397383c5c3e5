#pragma once

#include "hub/shard.h"

namespace fairlead::hub {

// Everything that may queue bytes happens within a turn; when the outermost one ends, each session
// that got something is flushed once: many events, one system call. What would hold the thread for
// long waits for the next turn.
class Shard::Turn {
 public:
  explicit Turn(Shard& shard) : shard_(shard) {
    shard_.role_.assert_here();
    if (shard_.turn_depth_++ == 0) shard_.now_ = shard_.clock_.mono();
  }
  ~Turn() {
    if (shard_.turn_depth_ == 1) shard_.end_turn();
    --shard_.turn_depth_;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Shard& shard_;
};

}  // namespace fairlead::hub
