#pragma once

#include <uv.h>

#include <array>

#include "core/unique_fd.h"

namespace fairlead::websocket {

// Keeps the end of an lws context from closing a file descriptor of somebody else (CWE-1341). With
// libuv, lws 4.1.6 closes the eventfd of its own wake-up twice: when the context's destruction
// begins, and when libuv has let go of it. What another thread has opened in between under the same
// number would be closed.
//
// So the number is taken again as soon as the first close has happened, for the second one to
// close. Until then, which is the time that lws takes to close its connections, others do not get
// it because lower numbers are free, which the kernel gives first: the ballast, opened before the
// eventfd was.
//
// The loop's owner, then the loop's thread. Call in the order in which the methods stand.
class EventPipeGuard {
 public:
  void before_create();
  void after_create(uv_loop_t& loop);  // before there are connections
  void before_destroy();
  void after_destroy();  // before the loop runs on

 private:
  std::array<UniqueFd, 16> ballast_;
  int number_ = -1;  // of lws's eventfd
};

}  // namespace fairlead::websocket
