#include "redis/event_loop.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>

namespace fairlead::redis {
namespace {

void must(int status) {  // fails only without memory or descriptors, at start
  if (status != 0) std::abort();
}

}  // namespace

EventLoop::EventLoop(std::function<void()> woken) : woken_(std::move(woken)) {
  must(uv_loop_init(&loop_));
  must(uv_async_init(&loop_, &async_,
                     [](uv_async_t* async) { static_cast<EventLoop*>(async->data)->woken_(); }));
  async_.data = this;
}

EventLoop::~EventLoop() {
  close();
}

void EventLoop::run() {
  sigset_t pipe;  // hiredis writes without MSG_NOSIGNAL
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  uv_run(&loop_, UV_RUN_DEFAULT);
}
void EventLoop::stop() {
  uv_stop(&loop_);
}

void EventLoop::wake() {
  std::lock_guard lock(mutex_);
  if (!closed_) uv_async_send(&async_);
}

void EventLoop::close() {
  {
    std::lock_guard lock(mutex_);
    if (closed_) return;
    closed_ = true;
  }
  uv_close(reinterpret_cast<uv_handle_t*>(&async_), nullptr);
  uv_run(&loop_, UV_RUN_DEFAULT);  // ends when the last handle is closed
  must(uv_loop_close(&loop_));
}

MonoTime EventLoop::now() {
  return MonoTime(Millis(uv_now(&loop_)));
}

LoopTimer::LoopTimer(EventLoop& loop, std::function<void()> fired)
    : handle_(std::make_unique<Handle>()) {
  handle_->fired = std::move(fired);
  must(uv_timer_init(loop.get(), &handle_->timer));
  handle_->timer.data = handle_.get();
}

LoopTimer::~LoopTimer() {
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_.release()->timer),
           [](uv_handle_t* h) { std::unique_ptr<Handle>(static_cast<Handle*>(h->data)).reset(); });
}

void LoopTimer::start(Millis after) {
  uv_timer_start(
      &handle_->timer, [](uv_timer_t* t) { static_cast<Handle*>(t->data)->fired(); },
      static_cast<std::uint64_t>(std::max<std::int64_t>(after.count(), 0)), 0);
}

void LoopTimer::stop() {
  uv_timer_stop(&handle_->timer);
}

bool LoopTimer::active() const {
  return uv_is_active(reinterpret_cast<const uv_handle_t*>(&handle_->timer)) != 0;
}

}  // namespace fairlead::redis
