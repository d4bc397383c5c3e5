// Polls, and what is left of a session between two of them.
#include <algorithm>

#include "hub/shard.h"
#include "hub/turn.h"
#include "protocol/framing.h"

namespace fairlead::hub {
namespace {

// Whether the poll asks for other rooms than the one before; one that names none goes on with
// those.
bool narrows_otherwise(const Session& session, const OpenRequest& request) {
  return !request.rooms.empty() && (!session.only || *session.only != request.rooms);
}

}  // namespace

Session* Shard::poll(OpenRequest request, Transport* transport) {
  Turn turn(*this);
  auto* session = request.is_cursor_only() ? spare_for(request) : find(request.session);
  if (session == nullptr || session->kind != TransportKind::kPoll ||
      session->state == Session::State::kOpening || !session->user->loaded ||
      narrows_otherwise(*session, request) || end_of(request.token)) {
    return enter(std::move(request), transport, TransportKind::kPoll);
  }
  // The session goes on: its memberships are known, so a cursor within the tail costs no read.
  if (session->transport != nullptr) {
    std::exchange(session->transport, nullptr)->end({EndReason::kTakenOver, 0}, {}, {});
    park(*session);
  }
  unpark(*session, transport);
  session->network = request.network;
  if (session->nameless) session->id = request.session;
  session->ephemeral = request.ephemeral;
  session->frames_max = request.frames_max;
  keep_ephemerals(*session);
  take(*session, request.token);  // whoever logs that one out means this poll
  if (!request.cursor) request.cursor = cursor_at(session->acknowledged);
  session->opening = Session::Opening::of(request);
  if (in_tail(*session->opening->cursor)) {
    begin(*session, tail_.head(), {});
  } else {
    session->state = Session::State::kOpening;
    take_snapshot(*session);
  }
  return session;
}

Session* Shard::poll_again(std::uint64_t key, std::uint32_t uses, std::string_view cursor,
                           Transport* transport) {
  Turn turn(*this);
  auto* session = find(key);
  const auto position = in_tail(cursor);
  if (session == nullptr || session->uses != uses || session->state != Session::State::kParked ||
      !position || logged_out(session->token) ||
      (session->token_expires_at_ms != 0 && clock_.wall_ms() >= session->token_expires_at_ms)) {
    return nullptr;
  }
  unpark(*session, transport);
  go_on(*session, *position);
  return session;
}

Session* Shard::spare_for(const OpenRequest& request) {
  const auto it = users_.find(request.user);
  if (it == users_.end() || !it->second.spares) return nullptr;
  auto& spares = *it->second.spares;
  while (!spares.empty()) {
    auto* session = find(spares.back());
    spares.pop_back();
    if (session == nullptr) continue;
    session->is_spare = false;
    if (session->state != Session::State::kParked) continue;
    const bool same_rooms = session->only ? *session->only == request.rooms : request.rooms.empty();
    if (same_rooms) return session;
  }
  return nullptr;
}

void Shard::unpark(Session& session, Transport* transport) {
  --counters_.parked;
  ++counters_.sessions;
  ++session.uses;
  session.came_at_us = clock_.wall_us();
  session.transport = transport;
  // The second poll of a session has what only the first one's answer said.
  if (session.uses == 2 && !session.nameless && settings_.networks) {
    settings_.networks->proved(session.network, session.kind, 0);
  }
}

void Shard::answered(Session* session) {
  Turn turn(*this);
  session->outbox.clear();
  settle(*session);
}

// A poll has its answer (or has lost its client).
void Shard::settle(Session& session) {
  park(session);
  if (session.nameless) {
    session.outbox.clear();
    auto& spares = session.user->spares;
    if (!spares) spares = std::make_unique<std::vector<std::uint64_t>>();
    if (!session.is_spare) spares->push_back(session.key);
    session.is_spare = true;
  }
}

void Shard::park(Session& session) {
  leave_queue(session);
  session.transport = nullptr;
  session.state = Session::State::kParked;
  session.blocked = false;
  session.opening = nullptr;
  session.since = now_;
  keep_ephemerals(session);
  --counters_.sessions;
  ++counters_.parked;
}

// What a poll that is over has not taken: the next one's cursor brings again what the log has.
void Shard::keep_ephemerals(Session& session) {
  if (session.outbox.empty()) return;
  std::string lines(session.outbox.pending());
  const auto max = std::min<std::size_t>(limits::kPollEphemeralsMax, session.frames_max);
  const auto count = protocol::keep_ephemeral_lines(lines, max);
  session.outbox.replace(std::move(lines), count);
}

}  // namespace fairlead::hub
