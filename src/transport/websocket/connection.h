#pragma once

#include <libwebsockets.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "hub/shard.h"
#include "hub/transport.h"
#include "transport/websocket/command_budget.h"
#include "transport/websocket/message_reader.h"
#include "transport/websocket/ws_shard.h"

namespace fairlead::websocket {

// One WebSocket: the hub's Transport on one side, the events of one lws connection on the other.
// Lives on the shard's thread, from before the adoption to lws's last word about it (WSI_DESTROY),
// so that no callback can come too late. It never destroys its wsi: it asks lws to, and lws calls
// back.
class Connection final : public hub::Transport {
 public:
  struct Counters {
    std::atomic<std::uint64_t> connections{0}, commands{0}, commands_refused{0}, received{0},
        rate_limited{0}, pong_timeouts{0};
  };
  // What connections need of the engine that has them.
  class Host {
   public:
    virtual ~Host() = default;
    virtual hub::Shard& shard() = 0;
    virtual const WsShardOptions& options() const = 0;
    virtual MonoTime now() const = 0;
    virtual std::int64_t wall_ms() const = 0;
    virtual bool stopping() const = 0;  // the shard has dropped its sessions
    virtual Counters& counters() = 0;
    virtual void expect_pong(const Connection& connection) = 0;
    // Calls is_still_blocked() now and then, until it says false.
    virtual void watch_blocked(const Connection& connection) = 0;
    // Calls closing_is_late() when the client had its time to answer a CLOSE.
    virtual void close_by_deadline(const Connection& connection) = 0;
    // Has `command` done; answered() follows.
    virtual void run(const Connection& connection, const protocol::Command& command,
                     const hub::Session& session) = 0;
  };

  Connection(Host& host, std::uint64_t id, Handshake handshake, hub::OpenRequest request);
  ~Connection() override;

  std::uint64_t id() const { return id_; }
  friend std::uint64_t key_of(const Connection& connection) { return connection.id_; }
  bool adopted() const { return wsi_ != nullptr; }

  // --- hub::Transport
  hub::TransportKind kind() const override { return hub::TransportKind::kWebSocket; }
  hub::WireForm form() const override {
    return cbor_       ? hub::WireForm::kWebSocketCbor
           : deflates_ ? hub::WireForm::kWebSocketDeflated
                       : hub::WireForm::kWebSocket;
  }
  Flush write(const Pending& pending, std::size_t& taken) override;
  bool has_read() override;
  bool has_spoken() const override { return spoken_; }
  bool proxy_is_behind() const override;
  void ping() override;
  void end(const hub::Ending& ending, std::string_view unsent, std::string_view bye) override;

  // --- from lws; the result goes back to it
  int on_event(lws* wsi, lws_callback_reasons reason, void* in, std::size_t len);

  // --- from the engine
  void answered(std::string_view ref, const Result<std::string>& data);
  void pong_is_late(MonoTime since);  // nothing may have come since the ping at `since`
  void closing_is_late();
  // Whether lws still holds bytes that the socket did not take. If the client has shut down its
  // side meanwhile lws would read that end again and again, until those bytes are gone: the
  // connection is killed instead.
  bool is_still_blocked();

 private:
  enum class State : std::uint8_t {
    kHandshake,
    kOpen,     // has a session (once established() is through)
    kClosing,  // no session; CLOSE sent or the connection is being killed; what arrives is ignored
  };

  int add_headers(lws_process_html_args& headers);
  bool say_how_it_deflates(lws_process_html_args& headers) const;
  void established();
  void receive(std::string_view bytes);
  void command(std::string_view message);
  void run(const protocol::Command& command);
  void refuse(const protocol::CommandRefusal& refusal);
  void reply(const std::string& json);
  void writable();
  void close(std::uint16_t code, std::string_view reason);
  bool hand_to_lws(std::string_view bytes);
  enum class Word : std::uint8_t { kSaid, kNone };  // whether the client said that it goes
  void leave(Word word = Word::kSaid);
  void kill();
  void update_reading();

  Host& host_;
  const std::uint64_t id_;
  lws* wsi_ = nullptr;
  hub::Session* session_ = nullptr;
  struct Opening {
    Handshake handshake;
    hub::OpenRequest request;
  };
  std::unique_ptr<Opening> opening_;  // until established
  const std::string request_id_;      // of the handshake
  MessageReader reader_;
  CommandBudget budget_;
  MonoTime heard_;        // when something last came from the client
  int unread_bytes_ = 0;  // while blocked: what the kernel held when has_read() was asked last
  int unanswered_ = 0;
  State state_ = State::kHandshake;
  const bool cbor_;       // messages are CBOR in binary frames
  const bool deflates_;   // permessage-deflate has been negotiated
  bool spoken_ = false;   // something has come from the client
  bool greeted_ = false;  // hello has left: now answers may follow
  bool blocked_ = false;  // flush() said kBlocked
  bool reading_ = true;
  bool watched_ = false;  // the host calls is_still_blocked()
};

}  // namespace fairlead::websocket
