#pragma once

#include <atomic>
#include <deque>
#include <memory>

#include "core/slot_table.h"
#include "transport/websocket/connection.h"
#include "transport/websocket/lws_loop.h"
#include "transport/websocket/ws_shard.h"

namespace fairlead::websocket {

// What is behind a WsShard: the loop, the hub's shard, and the connections between the two.
// Everything but post() and stats() happens on the loop's thread.
class WsShard::Engine final : public LwsLoop::Listener, public Connection::Host {
 public:
  Engine(WsShardOptions options, const Clock& clock, CommandHandler& handler,
         const MakeShard& make_shard);
  ~Engine() override;

  Result<void> start() { return loop_.start(); }
  void stop() { loop_.stop(); }
  hub::Shard& shard() override { return *shard_; }
  WsShardStats stats() const;
  void adopt(http::TakenConnection connection, Handshake handshake, hub::OpenRequest request);

  // Connection::Host
  const WsShardOptions& options() const override { return options_; }
  MonoTime now() const override { return clock_.mono(); }
  std::int64_t wall_ms() const override { return clock_.wall_ms(); }
  bool stopping() const override { return stopping_; }
  Connection::Counters& counters() override { return counters_; }
  void expect_pong(const Connection& connection) override;
  void watch_blocked(const Connection& connection) override { blocked_.push_back(connection.id()); }
  void close_by_deadline(const Connection& connection) override;
  void run(const Connection& connection, const protocol::Command& command,
           const hub::Session& session) override;

 private:
  struct Waiting {  // handed over, not yet adopted
    http::TakenConnection connection;
    Handshake handshake;
    hub::OpenRequest request;
  };
  struct Deadline {
    MonoTime due;
    MonoTime since;
    std::uint64_t id;  // of the connection
  };

  // LwsLoop::Listener
  void started() override;
  void woken() override;
  std::chrono::milliseconds ticked() override;
  void stopping() override;
  int connection_event(void* context, lws* wsi, lws_callback_reasons reason, void* in,
                       std::size_t len) override;

  void run_mailbox();
  void interrupt();
  void adopt_some();
  void adopt_one(Waiting waiting);
  Connection* find(std::uint64_t id);

  const WsShardOptions options_;
  const Clock& clock_;
  CommandHandler& handler_;
  LwsLoop loop_;
  std::unique_ptr<hub::Shard> shard_;

  std::deque<Waiting> waiting_;
  SlotTable<Connection> connections_;
  // Each in the order of `due`, as what they wait for is always the same time away.
  std::deque<Deadline> pongs_;
  std::deque<Deadline> closes_;
  std::deque<std::uint64_t> blocked_;
  bool stopping_ = false;

  Connection::Counters counters_;
  std::atomic<std::uint64_t> adopted_{0};
};

}  // namespace fairlead::websocket
