#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/entrance.h"
#include "auth/auth.h"
#include "chat/rate_limit.h"
#include "chat/service.h"
#include "fallback/poll/poll_connection.h"
#include "http/framing_guard.h"
#include "http/server.h"
#include "hub/hub.h"
#include "hub/networks.h"
#include "transport/connect/connect_parameters.h"
#include "transport/connect/gate.h"
#include "transport/connect/known_polls.h"
#include "transport/connect/poll_head_reader.h"
#include "transport/stream/stream_engine.h"
#include "transport/websocket/ws_shard.h"

namespace fairlead::connect {

// The realtime entry, /rt/v1/*: decides which transport a request gets, who is asking, and which
// shard serves it; then the connection leaves its HTTP worker. Everything before that is an
// ordinary HTTP request, with ordinary HTTP refusals. Its handlers run on HTTP workers; any thread
// otherwise; nothing blocks.
class Realtime final : public poll::PollReader {
 public:
  struct Parts {
    auth::Tokens& tokens;
    const api::Entrance& entrance;
    chat::Service& chat;
    hub::Hub& hub;
    const Clock& clock;
    std::vector<stream::StreamEngine*> streams = {};            // at least one
    std::vector<websocket::WsShard*> websockets = {};           // at least one
    std::function<void(http::TakenConnection)> give_back = {};  // to http::Server
    Gate::Settings gate = {};
    int heartbeat_s = limits::kHeartbeatDefault_s;  // for who asks for none
    bool websocket_deflate = false;                 // where a client offers it
    const hub::Networks* networks = nullptr;
    chat::Rate per_user = {1000, std::chrono::seconds(1), 20'000};  // connections, and proofs
  };
  explicit Realtime(Parts parts);

  // poll::PollReader
  std::optional<poll::PollHead> look_at(std::string_view bytes) const override {
    return poll_heads_.look_at(bytes, parts_.entrance.authenticator().keys_version());
  }
  bool may_be_poll(std::string_view beginning) const override;
  std::optional<poll::Poll> read(std::string_view bytes, const std::optional<poll::PollHead>& head,
                                 const http::TakenPeer& peer, const hub::Shard& here) override;
  void give_back(http::TakenConnection connection) override {
    parts_.give_back(std::move(connection));
  }

  // Must outlive the server that runs the routes.
  void add_routes(http::Routes& routes);
  // From now on new connections are refused with `shutting_down`.
  void set_draining() { draining_.store(true, std::memory_order_relaxed); }
  std::uint64_t refused_by_gate() const { return gate_.refused(); }

 private:
  enum class Entry { kWebSocket, kSse, kPoll };
  struct Admission {  // who may come in, and how
    auth::Identity identity;
    Parameters parameters;
    std::shared_ptr<const http::Request> request;
    Entry entry;
  };
  static Entry entry_of(const http::Request& request);  // of /rt/v1/connect
  poll::Poll poll_of(const Admission& admission) const;
  std::optional<poll::Poll> read_before(const poll::PollHead& head, const hub::Shard& here);
  bool is_at(const hub::Shard& here, const std::string& session) const;

  void connect(Entry entry, const http::Request& request, const http::Responder& responder);
  void connect_by_ticket(Entry entry, Parameters parameters, const http::Request& request,
                         const http::Responder& responder);
  void prove(const auth::Identity& identity, const http::Request& request,
             const http::Responder& responder);
  // False: has been answered.
  bool is_let_in(Entry entry, const auth::Identity& identity, const Parameters& parameters,
                 const http::Request& request, const http::Responder& responder);
  void admit(Admission admission, const http::Responder& responder);
  hub::OpenRequest open_request(const Admission& admission) const;
  void serve_websocket(Admission admission, const http::Responder& responder);
  void serve_sse(Admission admission, const http::Responder& responder);
  void serve_poll(Admission admission, const http::Responder& responder);
  stream::StreamEngine& stream_for(const std::string& session);
  void hello(const http::Request& request, const http::Responder& responder) const;
  void probe(const http::Request& request, const http::Responder& responder);

  const Parts parts_;
  const http::FramingLimits framing_;
  const PollHeadReader poll_heads_;
  std::unordered_map<const hub::Shard*, KnownPolls> known_polls_;  // the map itself is constant
  Gate gate_;
  chat::RateLimiter<UserId> connects_, proofs_;  // so that one user alone keeps nobody out
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> draining_{false};
};

}  // namespace fairlead::connect
