#include "transport/connect/realtime.h"

#include <algorithm>
#include <array>

#include "api/entrance.h"
#include "core/release.h"
#include "http/peer_address.h"
#include "protocol/json.h"
#include "transport/connect/handshake.h"
#include "transport/connect/token_of.h"
#include "transport/sse/sse_stream.h"

namespace fairlead::connect {
namespace {

using http::Method;
using protocol::Json;

constexpr const char* kTransports[] = {"websocket", "sse", "poll"};

void refuse(const http::Responder& responder, const http::Request& request, Error why) {
  if (why.code == ErrorCode::kUnauthorized) why = api::with_challenge(std::move(why));
  responder.respond(http::problem(why, request.id));
}

void upgrade_required(const http::Responder& responder, const http::Request& request) {
  auto response = http::problem(error(ErrorCode::kUpgradeRequired,
                                      "this path speaks WebSocket only; if a proxy has stripped "
                                      "the Upgrade header, use a fallback"),
                                request.id);
  auto body = Json::parse(response.body);
  body["fallback"] = {"/rt/v1/sse", "/rt/v1/poll"};
  response.body = protocol::dump(body);
  response.headers.emplace_back("Upgrade", "websocket");
  response.headers.emplace_back("Sec-WebSocket-Version", "13");
  responder.respond(std::move(response));
}

// The token that the request brings.
Result<std::string> token_of(const http::Request& request, const api::Entrance& entrance) {
  if (auto token = subprotocol_token(request); token && !request.header("authorization")) {
    return *std::move(token);
  }
  const auto token = entrance.token_of(request);
  if (!token) return fail(token.error());
  // Browsers name the page of every WebSocket; nothing else stands between a cookie and any page.
  if (asks_for_websocket(request) && !api::bearer_token(request) && !request.header("origin")) {
    return fail(ErrorCode::kForbidden, "a WebSocket with a cookie needs an Origin");
  }
  return std::string(*token);
}

}  // namespace

Realtime::Realtime(Parts parts)
    : parts_(std::move(parts)),
      gate_(parts_.gate),
      connects_(parts_.per_user),
      proofs_(parts_.per_user) {
  for (auto* engine : parts_.streams) known_polls_[&engine->shard()];
}

void Realtime::add_routes(http::Routes& routes) {
  const auto serve = [this](Entry entry) {
    return [this, entry](const http::Request& request, const http::Responder& responder) {
      connect(entry, request, responder);
    };
  };
  const auto negotiate = [this](const http::Request& request, const http::Responder& responder) {
    connect(entry_of(request), request, responder);
  };
  routes.add(Method::kGet, "/rt/v1/connect", negotiate);
  routes.add(Method::kPost, "/rt/v1/connect", negotiate);
  routes.add(Method::kGet, "/rt/v1/ws", serve(Entry::kWebSocket));
  routes.add(Method::kGet, "/rt/v1/sse", serve(Entry::kSse));
  routes.add(Method::kPost, "/rt/v1/sse", serve(Entry::kSse));
  routes.add(Method::kGet, "/rt/v1/poll", serve(Entry::kPoll));
  routes.add(Method::kPost, "/rt/v1/poll", serve(Entry::kPoll));
  routes.add(Method::kGet, "/rt/v1/hello",
             [this](const auto& request, const auto& responder) { hello(request, responder); });
  routes.add(Method::kPost, "/rt/v1/probe",
             [this](const auto& request, const auto& responder) { probe(request, responder); });
}

Realtime::Entry Realtime::entry_of(const http::Request& request) {
  return asks_for_websocket(request)     ? Entry::kWebSocket
         : accepts_event_stream(request) ? Entry::kSse
                                         : Entry::kPoll;
}

void Realtime::connect(Entry entry, const http::Request& request,
                       const http::Responder& responder) {
  if (request.method == Method::kHead) {  // what a GET would be, without taking the connection over
    responder.respond({200,
                       entry == Entry::kSse ? "text/event-stream" : "application/json",
                       "",
                       {{"Cache-Control", "no-store, no-transform"}}});
    return;
  }
  if (entry == Entry::kWebSocket && !asks_for_websocket(request)) {
    upgrade_required(responder, request);
    return;
  }
  if (draining_.load(std::memory_order_relaxed)) {
    auto refusal = error(ErrorCode::kShuttingDown, "connect again; another node answers");
    refusal.retry_after_s = 1;
    refuse(responder, request, std::move(refusal));
    return;
  }
  if (!parts_.entrance.origins().may_call(request)) {
    refuse(responder, request,
           error(ErrorCode::kForbidden,
                 "pages of this origin may not connect (--origin allows more)"));
    return;
  }
  if (entry == Entry::kWebSocket) {
    if (const auto handshake = parse_handshake(request); !handshake) {
      refuse(responder, request, handshake.error());
      return;
    }
  }
  auto parameters = parse_parameters(request, parts_.heartbeat_s);
  if (!parameters) {
    refuse(responder, request, parameters.error());
    return;
  }
  // A token wins over a ticket: it says more.
  const bool by_ticket = !parameters->ticket.empty() && !request.header("authorization") &&
                         !subprotocol_token(request);
  if (by_ticket) return connect_by_ticket(entry, std::move(*parameters), request, responder);
  const auto token = token_of(request, parts_.entrance);
  if (!token) return refuse(responder, request, token.error());
  parts_.entrance.identify(request, *token,
                           [this, entry, responder, parameters = std::move(*parameters)](
                               const http::Request& from, Result<auth::Identity> identity) {
                             if (!identity) return refuse(responder, from, identity.error());
                             if (!is_let_in(entry, *identity, parameters, from, responder)) return;
                             admit({std::move(*identity), parameters,
                                    std::make_shared<const http::Request>(from), entry},
                                   responder);
                           });
}

void Realtime::connect_by_ticket(Entry entry, Parameters parameters, const http::Request& request,
                                 const http::Responder& responder) {
  auto ticket = parts_.tokens.check_ticket(parameters.ticket);
  if (!ticket) {
    parts_.entrance.note_refusal(request, ticket.error());
    return refuse(responder, request, ticket.error());
  }
  if (!parts_.entrance.authenticator().is_vouched_for(ticket->identity.key)) {
    return refuse(responder, request,
                  error(ErrorCode::kUnauthorized,
                        "the key behind the ticket's token has gone; get another token"));
  }
  // Before the ticket is used up.
  if (!is_let_in(entry, ticket->identity, parameters, request, responder)) return;
  parts_.chat.redeem_ticket(
      ticket->ticket_id, ticket->expires_at_ms,
      [this, responder,
       admission = Admission{std::move(ticket->identity), std::move(parameters),
                             std::make_shared<const http::Request>(request),
                             entry}](Result<bool> first) mutable {
        if (!first) {
          refuse(responder, *admission.request, first.error());
        } else if (!*first) {
          refuse(responder, *admission.request,
                 error(ErrorCode::kUnauthorized, "the ticket has been used; get another one"));
        } else {
          admit(std::move(admission), responder);
        }
      });
}

// Polls that go on are no new clients.
bool Realtime::is_let_in(Entry entry, const auth::Identity& identity, const Parameters& parameters,
                         const http::Request& request, const http::Responder& responder) {
  const auto& session = parameters.session;
  if (!session.empty() && !parts_.tokens.owns_session_id(identity.user, session)) {
    refuse(responder, request, field_error("session", "not a session of this user"));
    return false;
  }
  const bool resumes = parameters.cursor.has_value() || !parameters.session.empty();
  if (entry == Entry::kPoll && resumes) return true;
  if (const auto charge = connects_.charge(identity.user, parts_.clock.mono()); !charge.allowed) {
    refuse(responder, request,
           chat::rate_limited(charge.quota, "this user connects too often; wait a little"));
    return false;
  }
  const auto retry_after_s = gate_.refusal(resumes, parts_.clock.mono());
  if (!retry_after_s) return true;
  auto refusal =
      error(ErrorCode::kOverloaded, "too many connect at once; try again a little later");
  refusal.retry_after_s = *retry_after_s;
  refuse(responder, request, std::move(refusal));
  return false;
}

void Realtime::admit(Admission admission, const http::Responder& responder) {
  switch (admission.entry) {
    case Entry::kWebSocket:
      serve_websocket(std::move(admission), responder);
      return;
    case Entry::kSse:
      serve_sse(std::move(admission), responder);
      return;
    case Entry::kPoll:
      serve_poll(std::move(admission), responder);
      return;
  }
}

hub::OpenRequest Realtime::open_request(const Admission& admission) const {
  const auto& p = admission.parameters;
  hub::OpenRequest open;
  open.user = admission.identity.user;
  open.token = token_of(admission.identity);
  open.session_is_new = p.session.empty();
  open.session = p.session.empty() ? parts_.tokens.make_session_id(open.user) : p.session;
  open.cursor = p.cursor;
  open.heartbeat_s = p.heartbeat_s;
  open.rooms = p.rooms;
  open.ephemeral = p.ephemeral;
  open.probe = p.probe;
  open.network = Network::of_ip(admission.request->client_ip);
  open.padding_kib = static_cast<std::uint8_t>((p.padding_bytes + 1023) / 1024);
  open.fell_back_from = p.fell_back_from;
  open.fell_back_cause = p.reason;
  // A page is not told why its WebSocket was refused: by us, perhaps, not by its network.
  const bool may_be_ours = p.reason == hub::Cause::kRefused || p.reason == hub::Cause::kOther;
  if (may_be_ours && gate_.has_refused_lately(parts_.clock.mono())) open.fell_back_from.reset();
  return open;
}

void Realtime::serve_websocket(Admission admission, const http::Responder& responder) {
  auto& shard = *parts_.websockets[next_++ % parts_.websockets.size()];
  auto handshake = *parse_handshake(*admission.request);
  if (!parts_.websocket_deflate) handshake.deflate.clear();
  responder.take_over([&shard, handshake = std::move(handshake),
                       open = open_request(admission)](http::TakenConnection connection) mutable {
    open.arrival = std::move(connection.arrival);
    shard.adopt(std::move(connection), std::move(handshake), std::move(open));
  });
}

void Realtime::serve_sse(Admission admission, const http::Responder& responder) {
  const auto& p = admission.parameters;
  sse::StreamOptions options{admission.request->id,
                             admission.request->http_1_0,
                             p.padding_bytes,
                             p.flush,
                             p.once,
                             p.max_life,
                             parts_.entrance.origins().answer_lines(*admission.request)};
  auto& engine = stream_for(p.session);
  responder.take_over([&engine, options = std::move(options),
                       open = open_request(admission)](http::TakenConnection connection) mutable {
    // A shared_ptr, for std::function wants a copy of what it holds.
    auto fd = std::make_shared<UniqueFd>(std::move(connection.fd));
    open.arrival = std::move(connection.arrival);
    engine.adopt([fd, options = std::move(options),
                  open = std::move(open)](stream::StreamEngine& here) mutable {
      return std::make_unique<sse::SseStream>(here, std::move(*fd), std::move(options),
                                              std::move(open));
    });
  });
}

void Realtime::serve_poll(Admission admission, const http::Responder& responder) {
  auto& engine = stream_for(admission.parameters.session);
  responder.take_over(
      [this, &engine, first = poll_of(admission)](http::TakenConnection connection) mutable {
        first.request.arrival = std::move(connection.arrival);
        auto taken = std::make_shared<http::TakenConnection>(std::move(connection));
        engine.adopt([this, taken, first = std::move(first)](stream::StreamEngine& here) mutable {
          return std::make_unique<poll::PollConnection>(here, std::move(*taken), std::move(first),
                                                        *this);
        });
      });
}

poll::Poll Realtime::poll_of(const Admission& admission) const {
  const auto& p = admission.parameters;
  poll::Poll poll{admission.request->id, p.timeout, open_request(admission)};
  poll.more_head = parts_.entrance.origins().answer_lines(*admission.request);
  poll.request.frames_max = static_cast<std::uint16_t>(p.limit);
  // Without cursor or session it is the first poll: hello, at once.
  if (!p.cursor && p.session.empty()) poll.timeout = std::chrono::seconds(0);
  return poll;
}

// A poll that was read before, as it would be read now.
std::optional<poll::Poll> Realtime::read_before(const poll::PollHead& head,
                                                const hub::Shard& here) {
  const auto* known = known_polls_.at(&here).find(head.fingerprint);
  if (known == nullptr || !is_at(here, known->request.session)) return std::nullopt;
  const auto& token = known->request.token;
  if (token.expires_at_ms <= parts_.clock.wall_ms() || parts_.tokens.revoked(token.mark)) {
    return std::nullopt;
  }
  auto poll = *known;
  poll.request_id = head.request_id;
  poll.request.cursor = head.cursor;
  if (poll.request.session.empty()) {
    poll.request.session = parts_.tokens.make_session_id(poll.request.user);
  }
  return poll;
}

// Whether that session is held there, or will be: one without a name is so anywhere.
bool Realtime::is_at(const hub::Shard& here, const std::string& session) const {
  return session.empty() || parts_.hub.find(session) == &here;
}

bool Realtime::may_be_poll(std::string_view beginning) const {
  constexpr std::array<std::string_view, 4> kPolls = {"GET /rt/v1/poll", "GET /rt/v1/connect",
                                                      "POST /rt/v1/poll", "POST /rt/v1/connect"};
  return std::ranges::any_of(kPolls, [&](auto poll) { return beginning.starts_with(poll); });
}

// Only what needs no answer of another kind and no other thread; the HTTP worker reads all else,
// from the same bytes.
std::optional<poll::Poll> Realtime::read(std::string_view bytes,
                                         const std::optional<poll::PollHead>& head,
                                         const http::TakenPeer& peer, const hub::Shard& here) {
  if (draining_.load(std::memory_order_relaxed)) return std::nullopt;
  if (head && peer.trusted_proxy) {
    if (auto poll = read_before(*head, here)) return poll;
  }
  http::FramingGuard guard(framing_);
  if (guard.feed(bytes) != http::FramingGuard::Progress::kComplete || !bytes.empty())
    return std::nullopt;
  auto request = std::make_shared<http::Request>(guard.take_request());
  request->secure = http::is_secure(*request, peer.trusted_proxy);
  const bool is_poll = request->path == "/rt/v1/poll" ||
                       (request->path == "/rt/v1/connect" && entry_of(*request) == Entry::kPoll);
  if (!is_poll || request->method != Method::kGet || !request->keep_alive || request->http_1_0 ||
      !parts_.entrance.origins().may_call(*request)) {
    return std::nullopt;
  }
  request->client_ip = http::client_ip(*request, peer.peer_ip, peer.trusted_proxy);
  auto parameters = parse_parameters(*request, parts_.heartbeat_s);
  if (!parameters || !parameters->ticket.empty() ||
      (!parameters->cursor && parameters->session.empty())) {
    return std::nullopt;
  }
  const auto token = token_of(*request, parts_.entrance);
  if (!token) return std::nullopt;
  auto identified = parts_.entrance.authenticator().known(*token);
  if (!identified || !*identified) return std::nullopt;
  auto& identity = *identified;
  const auto session = parameters->session;
  if (!session.empty() && !parts_.tokens.owns_session_id(identity->user, session)) {
    return std::nullopt;
  }
  if (!is_at(here, session)) return std::nullopt;

  const bool has_id = request->header("x-request-id").has_value();
  const bool says_all = head && parameters->cursor == head->cursor &&
                        (has_id ? request->id == head->request_id : head->request_id.empty());
  // The address is the client's own, not that of one connection among several.
  const bool for_any_connection = peer.trusted_proxy && request->header("x-real-ip");
  auto poll =
      poll_of({std::move(*identity), std::move(*parameters), std::move(request), Entry::kPoll});
  if (!has_id) release(poll.request_id);  // one is made for the answer
  if (says_all) poll.fingerprint = head->fingerprint;
  if (says_all && for_any_connection) {
    auto& known = known_polls_.at(&here);
    auto to_know = poll;
    to_know.request.session = session;
    to_know.request.cursor.reset();
    to_know.request_id.clear();
    known.put(to_know);
  }
  return poll;
}

stream::StreamEngine& Realtime::stream_for(const std::string& session) {
  if (!session.empty()) {
    const auto* shard = parts_.hub.find(session);
    for (auto* engine : parts_.streams) {
      if (&engine->shard() == shard) return *engine;
    }
  }
  return *parts_.streams[next_++ % parts_.streams.size()];
}

void Realtime::hello(const http::Request& request, const http::Responder& responder) const {
  Json names = Json::array();
  for (const auto& [name, value] : request.headers) names.push_back(name);
  const auto network = Network::of_ip(request.client_ip);
  const Json body = {
      {"network",
       {{"key", network.to_wire()},
        {"advice", parts_.networks ? parts_.networks->advice(network) : Json::object()}}},
      {"headers", names},
      {"http_version", request.http_1_0 ? "1.0" : "1.1"},
      {"transports", kTransports},
      {"server_time", protocol::rfc3339(parts_.clock.wall_ms())}};
  responder.respond(
      {200, "application/json", protocol::dump(body), {{"Cache-Control", "no-store"}}});
}

void Realtime::probe(const http::Request& request, const http::Responder& responder) {
  parts_.entrance.authenticate(
      request, [this, responder](const http::Request& from, Result<auth::Identity> identity) {
        if (!identity) return refuse(responder, from, identity.error());
        prove(*identity, from, responder);
      });
}

void Realtime::prove(const auth::Identity& identity, const http::Request& request,
                     const http::Responder& responder) {
  if (const auto charge = proofs_.charge(identity.user, parts_.clock.mono()); !charge.allowed) {
    refuse(responder, request,
           chat::rate_limited(charge.quota, "this user proves too often; wait a little"));
    return;
  }
  const auto body = protocol::parse_object(request.body);
  if (!body) {
    refuse(responder, request, body.error());
    return;
  }
  for (const auto* field : {"session", "probe"}) {
    if (!body->contains(field) || !body->at(field).is_string()) {
      refuse(responder, request, field_error(field, "a string is expected"));
      return;
    }
  }
  parts_.hub.prove(
      identity.user, body->at("session").get<std::string>(), body->at("probe").get<std::string>(),
      [responder,
       shared = std::make_shared<const http::Request>(request)](const Result<void>& proven) {
        if (!proven) {
          refuse(responder, *shared, proven.error());
        } else {
          responder.respond({204, "", "", {{"Cache-Control", "no-store"}}});
        }
      });
}

}  // namespace fairlead::connect
