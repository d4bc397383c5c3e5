#include "transport/websocket/event_pipe_guard.h"

#include <fcntl.h>

#include "core/log_line.h"

namespace fairlead::websocket {

void EventPipeGuard::before_create() {
  for (auto& fd : ballast_) fd.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

void EventPipeGuard::after_create(uv_loop_t& loop) {
  // The only socket that the loop watches is lws's own.
  uv_walk(
      &loop,
      [](uv_handle_t* handle, void* number) {
        uv_os_fd_t fd;
        if (uv_handle_get_type(handle) == UV_POLL && uv_fileno(handle, &fd) == 0) {
          *static_cast<int*>(number) = fd;
        }
      },
      &number_);
}

void EventPipeGuard::before_destroy() {
  for (std::size_t i = 1; i < ballast_.size(); ++i) ballast_[i].reset();
}

void EventPipeGuard::after_destroy() {
  if (number_ < 0 || !ballast_[0]) return;
  UniqueFd taken(::fcntl(ballast_[0].get(), F_DUPFD_CLOEXEC, number_));
  if (taken.get() == number_) {
    taken.release();  // lws closes it
  } else {
    log_error("ws_event_pipe_number_lost number={}", number_);
  }
  ballast_[0].reset();
  number_ = -1;
}

}  // namespace fairlead::websocket
