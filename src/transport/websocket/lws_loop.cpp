#include "transport/websocket/lws_loop.h"

#include <algorithm>
#include <exception>
#include <string_view>

#include "core/log_line.h"
#include "protocol/framing.h"

namespace fairlead::websocket {
namespace {

// What is sent to a socket in one go. lws would otherwise cut our writes into pieces of its receive
// buffer's size; flush() bounds them.
constexpr std::size_t kTransmitBytesMax = 1024 * 1024;
// 128: 1.6 KiB per idle connection instead of 2.5 with 1,024; commands are short.
constexpr std::size_t kReceiveBytes = 128;
constexpr unsigned kServiceBytes = 16 * 1024;  // one a thread, shared by all connections
constexpr unsigned short kHeadBytes = 2048;    // heads are ours: some 300 bytes
constexpr unsigned kHandshakeSeconds = 5;
constexpr std::chrono::milliseconds kTickAnyway{20};  // the first one, and after one that failed

void log_line(int level, const char* line) {
  std::string_view text(line);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  // Said at level ERR once for each adopted connection: its author's trace, not an error.
  if (text.find("calling service") != std::string_view::npos) return;
  if (level == LLL_ERR) {
    log_error("lws {}", text);
  } else {
    log_debug("lws {}", text);  // what clients do wrong
  }
}

// lws refuses RSV1 unless an extension is there that says what it means. This one leaves the
// payloads to us: its own permessage-deflate aborts the process when a client wants it to.
int pass_through(lws_context*, const lws_extension*, lws*, lws_extension_callback_reasons reason,
                 void*, void* in, size_t) {
  constexpr int kAsItIs = 5;      // PMDR_NOTHING_WE_SHOULD_DO, in lws's private header
  constexpr int kDidNothing = 1;  // PMDR_DID_NOTHING
  static const lws_ext_options no_options[] = {{nullptr, EXTARG_NONE}};
  switch (reason) {
    case LWS_EXT_CB_CONSTRUCT:
      *static_cast<const lws_ext_options**>(in) = no_options;
      return 0;
    case LWS_EXT_CB_PAYLOAD_RX:
      return kAsItIs;
    case LWS_EXT_CB_PAYLOAD_TX:
      return kDidNothing;
    default:
      return 0;
  }
}

void route_logs_once() {
  static const bool routed = [] {
    lws_set_log_level(LLL_ERR | LLL_WARN, log_line);
    return true;
  }();
  static_cast<void>(routed);
}

}  // namespace

LwsLoop::LwsLoop(Listener& listener, unsigned header_tables)
    : listener_(listener), header_tables_(header_tables) {}

LwsLoop::~LwsLoop() {
  stop();
}

Result<void> LwsLoop::start() {
  route_logs_once();
  if (auto created = create(); !created) {
    destroy();
    return created;
  }
  thread_ = std::thread([this] {
    listener_.started();
    uv_run(&uv_, UV_RUN_DEFAULT);
    destroy();
  });
  wake();  // what was posted before there was anything to wake
  return {};
}

Result<void> LwsLoop::create() {
  if (uv_loop_init(&uv_) != 0) return fail(ErrorCode::kInternal, "libuv has no loop");
  has_loop_ = true;
  if (uv_async_init(&uv_, &stop_, on_stop) != 0) {
    return fail(ErrorCode::kInternal, "libuv has no handle");
  }
  stop_.data = this;

  static const lws_protocols protocols[] = {
      // The user space is not used, but only connections that have some are told of
      // WS_SERVER_DROP_PROTOCOL: dispatch() sets it, so that lws need not make one.
      {protocol::kJsonSubprotocol, on_event, 1, kReceiveBytes, 0, nullptr, kTransmitBytesMax},
      {protocol::kCborSubprotocol, on_event, 1, kReceiveBytes, 0, nullptr, kTransmitBytesMax},
      {nullptr, nullptr, 0, 0, 0, nullptr, 0}};
  static const lws_extension extensions[] = {{kDeflateExtension, pass_through, kDeflateExtension},
                                             {nullptr, nullptr, nullptr}};
  // All zero: lws's own keep-alive keeps a sorted list that costs O(n) per insert.
  static const lws_retry_bo_t no_keep_alive{};
  void* loops[] = {&uv_};
  lws_context_creation_info info{};
  info.foreign_loops = loops;
  info.pcontext = &context_;
  info.user = this;
  info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
  info.protocols = protocols;
  info.extensions = extensions;
  info.retry_and_idle_policy = &no_keep_alive;
  info.pt_serv_buf_size = kServiceBytes;
  info.max_http_header_data = kHeadBytes;
  info.max_http_header_pool = static_cast<unsigned short>(header_tables_);
  info.timeout_secs = kHandshakeSeconds;
  info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                 LWS_SERVER_OPTION_DISABLE_IPV6 | LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME;
  event_pipe_.before_create();
  context_ = lws_create_context(&info);
  if (context_ == nullptr) {
    return fail(ErrorCode::kInternal,
                "libwebsockets has no context: is its libuv plug-in installed?");
  }
  vhost_ = lws_create_vhost(context_, &info);
  if (vhost_ == nullptr) return fail(ErrorCode::kInternal, "libwebsockets has no vhost");
  event_pipe_.after_create(uv_);
  tick_.loop = wake_.loop = this;
  tick_in(kTickAnyway);
  std::lock_guard lock(mutex_);
  to_wake_ = context_;
  return {};
}

void LwsLoop::stop() {
  if (!thread_.joinable()) return;
  uv_async_send(&stop_);
  thread_.join();
}

void LwsLoop::on_stop(uv_async_t* async) {
  static_cast<LwsLoop*>(async->data)->begin_to_stop();
}

// Outside of any service of lws: only then may the context be destroyed at once. (Inside, lws would
// put it off, but an adoption inside the same service makes it forget that it is inside.)
void LwsLoop::begin_to_stop() {
  stopping_ = true;
  {
    std::lock_guard lock(mutex_);
    to_wake_ = nullptr;
  }
  cancel_timers();
  listener_.stopping();
  close_context();
  uv_close(reinterpret_cast<uv_handle_t*>(&stop_), nullptr);
}

// Closes the connections; uv_run() returns when libuv has let go of their handles.
void LwsLoop::close_context() {
  event_pipe_.before_destroy();
  lws_context_destroy(context_);
  event_pipe_.after_destroy();
}

// Frees what create() made, wholly or in part. With a foreign loop the context goes in two steps:
// one that closes, one that frees, and the loop must run in between.
void LwsLoop::destroy() {
  if (!has_loop_) return;
  if (!stopping_) {  // create() failed on its way
    cancel_timers();
    if (context_ != nullptr) close_context();
    if (stop_.data != nullptr) uv_close(reinterpret_cast<uv_handle_t*>(&stop_), nullptr);
    uv_run(&uv_, UV_RUN_DEFAULT);
  }
  if (context_ != nullptr) lws_context_destroy(context_);
  uv_run(&uv_, UV_RUN_DEFAULT);
  if (const int left = uv_loop_close(&uv_); left != 0) {
    log_error("ws_loop_not_closed why={}", uv_strerror(left));
  }
}

void LwsLoop::wake() {
  std::lock_guard lock(mutex_);
  if (to_wake_ != nullptr) lws_cancel_service(to_wake_);
}

void LwsLoop::tick_in(std::chrono::milliseconds time) {
  lws_sul_schedule(context_, 0, &tick_.sul, on_tick, std::chrono::microseconds(time).count());
}

void LwsLoop::on_tick(lws_sorted_usec_list_t* sul) {
  auto* loop = lws_container_of(sul, Timer, sul)->loop;
  auto next = kTickAnyway;
  try {
    next = loop->listener_.ticked();
  } catch (const std::exception& e) {
    log_error("ws_tick_failed why={}", e.what());
  }
  loop->tick_in(next);
}

void LwsLoop::wake_in(std::chrono::nanoseconds time) {
  const auto us = std::chrono::ceil<std::chrono::microseconds>(time).count();
  lws_sul_schedule(context_, 0, &wake_.sul, on_wake, std::max<std::int64_t>(us, 1));
}

// The long way round: adoptions are safe in woken() as lws calls it, not in a timer.
void LwsLoop::on_wake(lws_sorted_usec_list_t* sul) {
  lws_container_of(sul, Timer, sul)->loop->wake();
}

void LwsLoop::cancel_timers() {
  lws_sul_cancel(&tick_.sul);
  lws_sul_cancel(&wake_.sul);
}

void LwsLoop::adopt(int fd, const std::string& head, void* context) {
  adopting_ = context;
  lws_adopt_socket_vhost_readbuf(vhost_, fd, head.data(), head.size());
  adopting_ = nullptr;
}

int LwsLoop::on_event(lws* wsi, lws_callback_reasons reason, void*, void* in, size_t len) {
  auto* loop = static_cast<LwsLoop*>(lws_context_user(lws_get_context(wsi)));
  try {
    return loop->dispatch(wsi, reason, in, len);
  } catch (const std::exception& e) {  // nothing may unwind through C
    log_error("ws_event_failed reason={} why={}", static_cast<int>(reason), e.what());
    // Of a connection: closes it. Of the wake-up: must not, it is lws's own pipe.
    return reason == LWS_CALLBACK_EVENT_WAIT_CANCELLED ? 0 : -1;
  }
}

int LwsLoop::dispatch(lws* wsi, lws_callback_reasons reason, void* in, std::size_t len) {
  switch (reason) {
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
      if (!stopping_) listener_.woken();
      return 0;
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
      lws_set_opaque_user_data(wsi, adopting_);
      lws_set_wsi_user(wsi, adopting_);
      break;
    case LWS_CALLBACK_HTTP:
      return -1;  // a head of ours that is no handshake: cannot be
    case LWS_CALLBACK_ADD_HEADERS:
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_RECEIVE_PONG:
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
    case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL:
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_WSI_DESTROY:
      break;
    default:
      return 0;
  }
  // lws's own event pipe is a wsi too; it has none.
  void* context = lws_get_opaque_user_data(wsi);
  return context == nullptr ? 0 : listener_.connection_event(context, wsi, reason, in, len);
}

}  // namespace fairlead::websocket
