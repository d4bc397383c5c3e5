#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/result.h"

namespace fairlead::auth {

// argon2id (libsodium, "interactive" limits) on a few threads of its own (the Blocking role):
// hashing takes tens of milliseconds and 64 MiB, per thread. Bounded queue
// (limits::kBlockingQueueMax); beyond it `overloaded`, on the calling thread. Thread-safe, does not
// block.
class Passwords {
 public:
  explicit Passwords(int threads = 1);
  ~Passwords();  // stop()

  // Finishes what is being hashed, answers what is queued with `shutting_down` on the calling
  // thread, joins; what comes later is refused with the same. Call it while everything that the
  // answers lead to is still there. Once or more often, by one thread.
  void stop();

  // `done` comes on a thread of this object and must only hand the answer on; it must not throw.
  void hash(std::string password, std::function<void(Result<std::string>)> done);
  // `stored` empty: the account does not exist; the same work is done all the same, so that the
  // time taken does not tell (CWE-208). Answers false then.
  void verify(std::string password, std::string stored, std::function<void(Result<bool>)> done);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fairlead::auth
