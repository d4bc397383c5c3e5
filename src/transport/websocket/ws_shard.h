#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/clock.h"
#include "core/limits.h"
#include "core/result.h"
#include "http/responder.h"
#include "hub/shard.h"
#include "protocol/command.h"

namespace fairlead::websocket {

// What the messages are made of; kNone: nothing was offered, so JSON.
enum class Subprotocol : std::uint8_t { kNone, kJson, kCbor };

// What the HTTP layer has found in the client's handshake, checked: it goes into headers.
struct Handshake {
  std::string key;  // Sec-WebSocket-Key: 24 characters of base 64
  Subprotocol subprotocol = Subprotocol::kNone;
  std::string deflate;     // the answer to an offer of permessage-deflate; empty: none
  std::string request_id;  // X-Request-Id of the 101, and of the problems in error frames
};

// What commands do, other than the ones that are about the connection itself (ping, probe,
// received): `auth` and everything about rooms and messages.
class CommandHandler {
 public:
  virtual ~CommandHandler() = default;

  // `data`: JSON text for the ack; empty for null.
  using Done = std::function<void(Result<std::string> data)>;
  // On the session's shard's thread; must not block. `session` is the session that spoke, valid
  // until this returns (later: Shard::find(key)). Call `done` exactly once, now or later, from any
  // thread, but not after the WsShard has been destroyed: it counts against the connection's
  // unanswered commands until then.
  virtual void handle(const protocol::Command& command, const hub::Session& session, Done done) = 0;
};

struct WsShardOptions {
  const char* thread_name = "ws";
  std::size_t message_bytes_max = limits::kWsMessageBytesMax;
  std::chrono::milliseconds pong_timeout = limits::kPongTimeout;
  // After our CLOSE: how long the client has to read it and to answer.
  std::chrono::milliseconds close_timeout{5000};
  // A typing user sends one or two commands a second; a client that catches up on reads sends
  // bursts.
  double commands_per_second = 50;
  double commands_burst = 200;
  // Commands that wait for their answer; beyond, the connection is not read. Bounds what one client
  // can have queued at the writer, and the acks in its outbox.
  int unanswered_commands_max = 64;
  // The kernel's part of a slow client's memory. 0: what the kernel thinks.
  int send_buffer_bytes = 128 * 1024;
  unsigned header_tables = 16;
};

struct WsShardStats {
  std::uint64_t connections = 0;  // now, handshakes and closing ones included
  std::uint64_t adopted = 0;
  std::uint64_t commands = 0;
  std::uint64_t commands_refused = 0;  // malformed, or with wrong fields
  std::uint64_t received = 0;          // `received` commands
  std::uint64_t rate_limited = 0;      // connections ended with 4029
  std::uint64_t pong_timeouts = 0;
};

// WebSocket connections of one thread, and the hub shard that has their sessions. Connections come
// from the HTTP workers, already authorised; libwebsockets never sees a client's HTTP.
//
// Lifetime: constructed, added to the hub, started; then stopped (after the hub's drain, and before
// the readers are) and, when nobody posts or answers commands any more, destroyed.
class WsShard {
 public:
  // Makes the shard, with the wake-up that its mailbox needs. Called once, in the constructor.
  using MakeShard = std::function<std::unique_ptr<hub::Shard>(std::function<void()> wake)>;

  WsShard(WsShardOptions options, const Clock& clock, CommandHandler& handler,
          const MakeShard& make_shard);
  ~WsShard();

  // Fails if the loop cannot be made. Blocks shortly.
  [[nodiscard]] Result<void> start();
  // Closes what is left (a drain has ended the sessions in good manner before), joins. Blocks.
  void stop();

  hub::Shard& shard();

  // Any thread, does not block. The connection becomes a WebSocket with a session: 101, then hello.
  // If the shard has stopped, or the client has gone, it is closed.
  void adopt(http::TakenConnection connection, Handshake handshake, hub::OpenRequest request);

  WsShardStats stats() const;  // any thread

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace fairlead::websocket
