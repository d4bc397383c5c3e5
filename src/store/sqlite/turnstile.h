#pragma once

#include <chrono>
#include <string>

#include "core/unique_fd.h"

namespace fairlead::store::sqlite {

// Nodes write one after the other. SQLite's own lock goes to whoever asks when it is free, which is
// the one that has just let go of it if it has more to write. So: who wants to write waits at
// `next`, and holds that while waiting for `writer`; who has just written must come by `next`, too,
// and meets the one that waits there. Locks of files (flock), which end with their process. For one
// thread of each process; blocks.
class Turnstile {
 public:
  // Throws StoreFailure if the files cannot be made.
  explicit Turnstile(const std::string& store_path);

  // One's turn. Throws StoreFailure when it has not come within `at_most`.
  class Turn {
   public:
    Turn(Turnstile& turnstile, std::chrono::milliseconds at_most);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Turnstile& turnstile_;
  };

 private:
  UniqueFd next_;
  UniqueFd writer_;
};

}  // namespace fairlead::store::sqlite
