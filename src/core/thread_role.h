#pragma once

#include <pthread.h>

#include <cassert>
#include <string>
#include <thread>

namespace fairlead {

// Welded to an object that belongs to one thread: bind() on that thread, assert_here() in whatever
// only that thread may call. In a release build both cost nothing.
class ThreadRole {
 public:
  void bind([[maybe_unused]] const char* name) {
    pthread_setname_np(pthread_self(), name);
#ifndef NDEBUG
    owner_ = std::this_thread::get_id();
#endif
  }
  void assert_here() const {
#ifndef NDEBUG
    assert(owner_ == std::thread::id{} || owner_ == std::this_thread::get_id());
#endif
  }

 private:
#ifndef NDEBUG
  std::thread::id owner_;
#endif
};

}  // namespace fairlead
