#include "transport/websocket/engine.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>

#include "core/log_line.h"
#include "hub/turn.h"
#include "protocol/framing.h"

namespace fairlead::websocket {
namespace {

// One adoption costs some 50 µs: a slice holds the loop for a millisecond or two.
constexpr std::size_t kAdoptionsAtATime = 32;
constexpr std::size_t kBlockedATick = 512;  // one system call each

// These go into the head that lws gets (CWE-113).
bool is_sound(const Handshake& handshake) {
  const auto base64 = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/' || c == '=';
  };
  const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
  constexpr std::size_t kKeyChars = 24;
  constexpr std::size_t kRequestIdCharsMax = 128;
  return handshake.key.size() == kKeyChars &&
         std::all_of(handshake.key.begin(), handshake.key.end(), base64) &&
         handshake.request_id.size() <= kRequestIdCharsMax &&
         std::ranges::all_of(handshake.request_id, printable) &&
         std::ranges::all_of(handshake.deflate, printable);
}

// The handshake as lws gets it. The client's own head has been read and judged by our HTTP layer.
std::string canonical_head(const Handshake& handshake) {
  std::string head =
      "GET /adopt HTTP/1.1\r\n"
      "Host: fairlead\r\n"
      "Upgrade: websocket\r\n"
      "Connection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: ";
  head += handshake.key;
  if (handshake.subprotocol != Subprotocol::kNone) {
    head += "\r\nSec-WebSocket-Protocol: ";
    head += handshake.subprotocol == Subprotocol::kCbor ? protocol::kCborSubprotocol
                                                        : protocol::kJsonSubprotocol;
  }
  if (!handshake.deflate.empty()) {
    head += "\r\nSec-WebSocket-Extensions: ";
    head += kDeflateExtension;
  }
  head += "\r\n\r\n";
  return head;
}

}  // namespace

WsShard::Engine::Engine(WsShardOptions options, const Clock& clock, CommandHandler& handler,
                        const MakeShard& make_shard)
    : options_(options),
      clock_(clock),
      handler_(handler),
      loop_(*this, options.header_tables),
      shard_(make_shard([this] { loop_.wake(); })) {}

// The loop first: its thread uses everything else.
WsShard::Engine::~Engine() {
  loop_.stop();
}

WsShardStats WsShard::Engine::stats() const {
  return {counters_.connections,      adopted_,           counters_.commands,
          counters_.commands_refused, counters_.received, counters_.rate_limited,
          counters_.pong_timeouts};
}

// ----------------------------------------------------------------------------------- adoption

void WsShard::Engine::adopt(http::TakenConnection connection, Handshake handshake,
                            hub::OpenRequest request) {
  // Tasks must be copyable. If the mailbox does not take it, the connection closes here.
  auto waiting = std::make_shared<Waiting>(
      Waiting{std::move(connection), std::move(handshake), std::move(request)});
  shard_->post([this, waiting] { waiting_.push_back(std::move(*waiting)); });
}

void WsShard::Engine::adopt_some() {
  if (waiting_.empty()) return;
  const hub::Shard::Turn turn(*shard_);
  for (std::size_t n = 0; n < kAdoptionsAtATime && !waiting_.empty(); ++n) {
    auto waiting = std::move(waiting_.front());
    waiting_.pop_front();
    adopt_one(std::move(waiting));
  }
  if (!waiting_.empty()) loop_.wake();
}

void WsShard::Engine::adopt_one(Waiting waiting) {
  if (!is_sound(waiting.handshake)) {
    log_error("ws_handshake_unsound session={}", waiting.request.session);
    return;
  }
  const int fd = waiting.connection.fd.release();
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // Unix sockets refuse, and need none
  if (options_.send_buffer_bytes > 0) {
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &options_.send_buffer_bytes,
                 sizeof options_.send_buffer_bytes);
  }
  const auto head = canonical_head(waiting.handshake) + waiting.connection.unread.take();
  auto& connection = connections_.add([&](std::uint64_t id) {
    return std::make_unique<Connection>(*this, id, std::move(waiting.handshake),
                                        std::move(waiting.request));
  });
  const auto id = connection.id();
  ++adopted_;
  loop_.adopt(fd, head, &connection);
  // lws did not even begin: it has closed the fd, and will not call. (Else it may be gone by now.)
  if (auto* left = find(id); left != nullptr && !left->adopted()) connections_.erase(id);
}

// ----------------------------------------------------------------------------------- the loop

void WsShard::Engine::started() {
  shard_->bind_thread(options_.thread_name);
}

void WsShard::Engine::woken() {
  run_mailbox();
  adopt_some();
}

// What it does is not about the connection amid whose event it happens.
void WsShard::Engine::interrupt() {
  try {
    run_mailbox();
  } catch (const std::exception& e) {
    log_error("ws_mailbox_failed why={}", e.what());
  }
}

void WsShard::Engine::run_mailbox() {
  shard_->run_mailbox();
  if (const auto at = shard_->resumes_at()) loop_.wake_in(*at - clock_.mono());
}

std::chrono::milliseconds WsShard::Engine::ticked() {
  shard_->tick();
  const auto now = clock_.mono();
  while (!pongs_.empty() && pongs_.front().due <= now) {
    const auto deadline = pongs_.front();
    pongs_.pop_front();
    if (auto* connection = find(deadline.id)) connection->pong_is_late(deadline.since);
  }
  while (!closes_.empty() && closes_.front().due <= now) {
    const auto deadline = closes_.front();
    closes_.pop_front();
    if (auto* connection = find(deadline.id)) connection->closing_is_late();
  }
  for (auto n = std::min(kBlockedATick, blocked_.size()); n > 0; --n) {
    const auto id = blocked_.front();
    blocked_.pop_front();
    auto* connection = find(id);
    if (connection != nullptr && connection->is_still_blocked()) blocked_.push_back(id);
  }
  return connections_.empty() ? shard_->tick_pause() : hub::Shard::kTick;
}

void WsShard::Engine::stopping() {
  stopping_ = true;
  waiting_.clear();
  shard_->close();
}

int WsShard::Engine::connection_event(void* context, lws* wsi, lws_callback_reasons reason,
                                      void* in, std::size_t len) {
  auto* connection = static_cast<Connection*>(context);
  const bool has_gone = reason == LWS_CALLBACK_WSI_DESTROY;
  if (has_gone) connections_.erase(connection->id());
  // libuv calls for all sockets that something has happened to, thousands after a cut, before it
  // comes to the wake-up.
  const bool may_interrupt =
      has_gone || reason == LWS_CALLBACK_RECEIVE || reason == LWS_CALLBACK_SERVER_WRITEABLE;
  if (may_interrupt && !stopping_ && shard_->is_late()) {
    interrupt();
    // From a closing wsi, timers are armed only with the next event.
    if (has_gone && shard_->resumes_at()) loop_.wake();
  }
  return has_gone ? 0 : connection->on_event(wsi, reason, in, len);
}

Connection* WsShard::Engine::find(std::uint64_t id) {
  return connections_.find(id);
}

// ----------------------------------------------------------------------------------- for
// connections

void WsShard::Engine::expect_pong(const Connection& connection) {
  const auto now = clock_.mono();
  pongs_.push_back({now + options_.pong_timeout, now, connection.id()});
}

void WsShard::Engine::close_by_deadline(const Connection& connection) {
  const auto now = clock_.mono();
  closes_.push_back({now + options_.close_timeout, now, connection.id()});
}

void WsShard::Engine::run(const Connection& connection, const protocol::Command& command,
                          const hub::Session& session) {
  handler_.handle(command, session,
                  [this, id = connection.id(), ref = command.ref](Result<std::string> data) {
                    shard_->post([this, id, ref, data = std::move(data)] {
                      if (auto* found = find(id)) found->answered(ref, data);
                    });
                  });
}

// ----------------------------------------------------------------------------------- WsShard

WsShard::WsShard(WsShardOptions options, const Clock& clock, CommandHandler& handler,
                 const MakeShard& make_shard)
    : engine_(std::make_unique<Engine>(options, clock, handler, make_shard)) {}

WsShard::~WsShard() = default;

Result<void> WsShard::start() {
  return engine_->start();
}

void WsShard::stop() {
  engine_->stop();
}

hub::Shard& WsShard::shard() {
  return engine_->shard();
}

void WsShard::adopt(http::TakenConnection connection, Handshake handshake,
                    hub::OpenRequest request) {
  engine_->adopt(std::move(connection), std::move(handshake), std::move(request));
}

WsShardStats WsShard::stats() const {
  return engine_->stats();
}

}  // namespace fairlead::websocket
