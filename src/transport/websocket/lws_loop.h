#pragma once

#include <libwebsockets.h>
#include <uv.h>

#include <chrono>
#include <mutex>
#include <string>
#include <thread>

#include "core/result.h"
#include "transport/websocket/event_pipe_guard.h"

namespace fairlead::websocket {

inline constexpr char kDeflateExtension[] = "permessage-deflate";

// One libwebsockets context on a libuv loop and a thread of its own: the owner of these C handles,
// in the shape that docs/decisions/0005 explains. It listens on nothing; connections are adopted.
// Knows no sessions.
//
// start() and stop() belong to one owner; wake() to any thread; everything else happens on the
// loop's thread.
class LwsLoop {
 public:
  // What the loop has to tell. All on its thread. An exception ends the connection it is about.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void started() = 0;
    virtual void woken() = 0;  // some time after one or more wake()
    // Of the loop's own accord; returns how long it is to wait before the next one.
    virtual std::chrono::milliseconds ticked() = 0;
    virtual void stopping() = 0;  // the connections will be closed now
    // What lws says about one connection; the result goes back to lws. `context` is adopt()'s.
    virtual int connection_event(void* context, lws* wsi, lws_callback_reasons reason, void* in,
                                 std::size_t len) = 0;
  };

  // `header_tables`: how many handshakes lws parses at a time.
  LwsLoop(Listener& listener, unsigned header_tables);
  ~LwsLoop();  // stop()
  LwsLoop(const LwsLoop&) = delete;
  LwsLoop& operator=(const LwsLoop&) = delete;

  // Blocks until the context is there. Fails if the kernel or the libuv plug-in of lws refuses.
  [[nodiscard]] Result<void> start();
  // Closes every connection at once, without a word to the clients, and joins.
  void stop();

  // Any thread, before start() and after stop() too (then it does nothing). Does not block.
  void wake();
  // The loop's thread: woken() after this time, instead of what the last call said.
  void wake_in(std::chrono::nanoseconds time);

  // The loop's thread, inside woken(). Takes the fd over. `head` is a whole HTTP request and
  // whatever the client sent behind it. Events for `context` begin before this returns, with
  // SERVER_NEW_CLIENT_INSTANTIATED, unless lws refuses at once; the last one is WSI_DESTROY.
  void adopt(int fd, const std::string& head, void* context);

 private:
  struct Timer {
    lws_sorted_usec_list_t sul;
    LwsLoop* loop;
  };

  static int on_event(lws* wsi, lws_callback_reasons reason, void* user, void* in, size_t len);
  static void on_tick(lws_sorted_usec_list_t* sul);
  static void on_wake(lws_sorted_usec_list_t* sul);
  static void on_stop(uv_async_t* async);
  Result<void> create();
  int dispatch(lws* wsi, lws_callback_reasons reason, void* in, std::size_t len);
  void begin_to_stop();
  void close_context();
  void destroy();
  void tick_in(std::chrono::milliseconds time);
  void cancel_timers();

  Listener& listener_;
  const unsigned header_tables_;
  uv_loop_t uv_{};
  bool has_loop_ = false;
  uv_async_t stop_{};
  lws_context* context_ = nullptr;  // set to null by lws when it frees it
  lws_vhost* vhost_ = nullptr;
  Timer tick_{};
  Timer wake_{};
  EventPipeGuard event_pipe_;
  void* adopting_ = nullptr;
  bool stopping_ = false;
  std::thread thread_;

  std::mutex mutex_;
  lws_context* to_wake_ =
      nullptr;  // guarded by mutex_: a late wake() must not meet a freed context
};

}  // namespace fairlead::websocket
