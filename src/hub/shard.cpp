#include "hub/shard.h"

#include <algorithm>

#include "core/log_line.h"
#include "core/random.h"
#include "hub/frames.h"
#include "hub/turn.h"
#include "protocol/cursor.h"
#include "protocol/ids.h"

namespace fairlead::hub {
Shard::Shard(Hub& hub, log::Readers& readers, presence::Map& presence, const Clock& clock,
             ShardSettings settings, LogPosition head, std::function<void()> wake)
    : hub_(hub),
      readers_(readers),
      presence_(presence),
      clock_(clock),
      settings_(std::move(settings)),
      wake_(std::move(wake)),
      news_(wake_),
      mailbox_(wake_),
      tail_(head),
      now_(clock.mono()) {}

Shard::~Shard() = default;

void Shard::run_mailbox() {
  Turn turn(*this);
  in_mailbox_ = true;
  cpu_began_ = thread_cpu_time();
  mailbox_began_ = clock_.mono();
  goes_on_ = false;
  const auto enough = [this] { return has_worked_long(); };
  deliver_some();
  mailbox_has_more_ = !news_.run_until(enough);
  mailbox_has_more_ |= !mailbox_.run_until(enough);
}

void Shard::add_stats(HubStats& sum) const {
  sum.sessions += counters_.sessions;
  sum.parked += counters_.parked;
  sum.delivered += counters_.delivered;
  sum.fell_behind += counters_.fell_behind;
  sum.ephemeral_dropped += counters_.ephemeral_dropped;
  sum.resets += counters_.resets;
  sum.slow_closed += counters_.slow_closed;
  counters_.turns.add_to(sum.turns);
}

Session* Shard::find(std::string_view id) {
  const auto place = hub_.place(id);
  auto* session = place.shard == this ? find(place.key) : nullptr;
  return session != nullptr && session->id == id ? session : nullptr;
}

void Shard::end_if_older(std::string_view session, std::int64_t than_us) {
  auto* found = find(session);
  if (found == nullptr) return;
  if (found->came_at_us <= than_us) {
    end(found, EndReason::kTakenOver);
  } else if (found->kind == TransportKind::kPoll && found->attached) {
    // It has polled here since then, of which the others were not told: presence is.
    presence_.open(found->user->profile.id, presence_name(*found), to_wire(found->kind));
  }
}

Session* Shard::find(std::uint64_t key) {
  return sessions_.find(key);
}

// ----------------------------------------------------------------------------------- coming

Session* Shard::open(OpenRequest request, Transport* transport) {
  Turn turn(*this);
  return enter(std::move(request), transport, transport->kind());
}

Session* Shard::enter(OpenRequest request, Transport* transport, TransportKind kind) {
  const bool nameless = kind == TransportKind::kPoll && request.is_cursor_only();
  if (auto* old = nameless ? nullptr : find(request.session)) end(old, EndReason::kTakenOver);

  auto* session = &sessions_.add([&](std::uint64_t key) {
    auto made = std::make_unique<Session>();
    made->key = key;
    made->id = request.session;
    return made;
  });
  const auto key = session->key;
  session->nameless = nameless;
  session->uses = 1;
  session->transport = transport;
  session->kind = kind;
  session->form = transport->form();
  session->ephemeral = request.ephemeral;
  session->frames_max = request.frames_max;
  session->heartbeat_s = static_cast<std::uint8_t>(request.heartbeat_s);
  session->last_queued = now_;
  session->came_at_us = clock_.wall_us();
  session->probe = settings_.make_probe ? settings_.make_probe(session->id)
                                        : static_cast<std::int64_t>(random_u64() >> 1);
  // A poll proves itself: the next one comes with the cursor that only the answer had.
  session->proven = !request.probe || kind == TransportKind::kPoll;
  if (!session->proven) unproven_.emplace_back(now_ + settings_.probe_timeout, key);
  session->network = request.network;
  session->padding_kib = request.padding_kib;
  take(*session, request.token);
  if (!request.rooms.empty()) {
    session->only = std::make_unique<std::vector<RoomId>>(request.rooms);
  }

  auto& user = users_[request.user];
  user.profile.id = request.user;
  user.sessions.add(*session);
  session->user = &user;
  session->opening = Session::Opening::of(request);

  auto& slot = slot_of(*session);
  session->slot_index = static_cast<std::uint32_t>(slot.size());
  slot.push_back(session);
  ++counters_.sessions;

  if (!nameless) {
    if (!request.session_is_new) hub_.session_is_here(session->id);
    const auto before = hub_.claim(session->id, {this, key});
    if (before.shard != nullptr) {
      before.shard->post([before] {
        auto* old = before.shard->find(before.key);
        if (old != nullptr) before.shard->end(old, EndReason::kTakenOver);
      });
    }
  }
  if (drained_ || closed_) {
    end(session, EndReason::kRestart, settings_.poll_session_life.count() / 30);
    return nullptr;
  }
  if (const auto why = end_of(request.token)) {
    end(session, *why);
    return nullptr;
  }
  if (session->user->sessions.size() > limits::kSessionsPerUserMax) {
    end(session, EndReason::kRateLimited);
    return nullptr;
  }
  const auto& cursor = session->opening->cursor;
  if (session->user->loaded && (!cursor || in_tail(*cursor))) {
    begin(*session, tail_.head(), {});
  } else {
    take_snapshot(*session);
  }
  return session;
}

std::optional<LogPosition> Shard::in_tail(std::string_view wire) const {
  const auto cursor = protocol::decode_cursor(wire);
  const bool is = cursor && cursor->epoch == settings_.epoch && cursor->position <= tail_.head() &&
                  tail_.reaches_back_to(cursor->position);
  return is ? std::optional(cursor->position) : std::nullopt;
}

// Its request was checked on another thread, and whoever ended it may have passed this shard since.
std::optional<EndReason> Shard::end_of(const TokenAsked& token) const {
  if (logged_out(token.mark)) return EndReason::kAuthEnded;
  const bool key_has_gone =
      token.key != 0 && settings_.key_has_gone && settings_.key_has_gone(token.key);
  return key_has_gone ? std::optional(EndReason::kGoingAway) : std::nullopt;
}

bool Shard::logged_out(const TokenMark& token) const {
  return settings_.token_ended && settings_.token_ended(token);
}

void Shard::take_snapshot(Session& session) {
  unread_.push_back({session.key, session.user->profile.id});
}

// One read for some of a crowd. Not for all of it: nobody's waits for thousands of others'.
void Shard::read_snapshots() {
  constexpr std::size_t kAtATime = 16;
  const auto all = std::exchange(unread_, {});
  for (std::size_t next = 0; next < all.size(); next += kAtATime) {
    const auto rest = std::span(all).subspan(next);
    const auto chosen = rest.first(std::min(rest.size(), kAtATime));
    std::vector<Unread> some(chosen.begin(), chosen.end());
    readers_.submit<std::vector<Snapshot>>(
        [some](store::View& view) -> Result<std::vector<Snapshot>> {
          std::vector<Snapshot> snapshots;
          for (const auto& [key, user] : some) {
            snapshots.push_back(
                {view.user(user), view.memberships(user), view.head(), view.floor()});
          }
          return snapshots;
        },
        [this, some](Result<std::vector<Snapshot>> snapshots) {
          post([this, some, snapshots = std::move(snapshots)]() mutable {
            Turn turn(*this);
            for (std::size_t i = 0; i < some.size(); ++i) {
              auto* found = find(some[i].session);
              if (found == nullptr || found->state != Session::State::kOpening) continue;
              if (!snapshots) {
                end(found, EndReason::kInternal);
              } else {
                opened(*found, std::move((*snapshots)[i]));
              }
            }
          });
        });
  }
}

void Shard::opened(Session& session, Snapshot snapshot) {
  const auto head = snapshot.head;
  const auto floor = snapshot.floor;
  if (!snapshot.user) {
    end(&session, EndReason::kAuthEnded);
    return;
  }
  if (!load(*session.user, snapshot)) {
    take_snapshot(session);  // the log has run on further than the tail remembers
    return;
  }
  begin(session, head, floor);
}

bool Shard::load(UserEntry& user, Snapshot& snapshot) {
  if (user.loaded) return true;
  if (snapshot.head < tail_.head() && !tail_.reaches_back_to(snapshot.head)) return false;
  user.memberships = Memberships(std::move(snapshot.memberships));
  user.profile = std::move(*snapshot.user);
  user.loaded = true;
  user.as_of = snapshot.head;
  for (auto at = snapshot.head; at < tail_.head();) {
    const auto& event = tail_.after(at);
    at = event.position;
    if (event.kind == store::EventKind::kRoomDeleted || event.subject == user.profile.id) {
      apply_to(user, event);
    }
  }
  return true;
}

void Shard::begin(Session& session, LogPosition head, LogPosition floor) {
  const auto opening = std::move(session.opening);
  const bool goes_on = session.state != Session::State::kOpening || !opening->session_is_new;
  const auto now_at = std::max(tail_.head(), session.user->as_of);
  auto resume = Resume::kFresh;
  session.position = now_at;
  if (opening->cursor) {
    const auto cursor = protocol::decode_cursor(*opening->cursor);
    if (!cursor || cursor->epoch != settings_.epoch ||
        cursor->position > std::max(head, tail_.head())) {
      resume = Resume::kResetUnknown;
    } else if (cursor->position < floor) {
      resume = Resume::kResetTooOld;
    } else {
      resume = Resume::kResumed;
      session.position = cursor->position;
    }
    if (resume != Resume::kResumed) ++counters_.resets;
  }
  const bool first = !session.attached;
  if (first && settings_.networks && opening->fell_back_from) {
    settings_.networks->fell_back(session.network, *opening->fell_back_from,
                                  opening->fell_back_cause);
  }
  if (first) {
    attach_to_rooms(session);
    presence_.open(session.user->profile.id, presence_name(session), to_wire(session.kind));
  }
  // A poll that goes on from a cursor waits for events; everybody else hears hello first.
  const bool quiet = session.kind == TransportKind::kPoll && resume == Resume::kResumed;
  if (!quiet) {
    queue_own(session,
              hello_json(session, resume, cursor_at(session.position), settings_.node,
                         settings_.networks ? settings_.networks->advice(session.network)
                                            : protocol::Json::object(),
                         clock_.wall_ms()),
              /*control=*/true);
  }
  if (first && session.kind == TransportKind::kSse && !session.proven) {
    second_probes_.emplace_back(now_ + limits::kSecondProbeDelay, session.key);
  }
  if (first) {
    log_debug("session_opened session={} transport={} goes_on={}", session.id.view(),
              to_wire(session.kind), goes_on);
  }
  go_on(session, session.position);
}

void Shard::go_on(Session& session, LogPosition position) {
  session.position = session.sent = session.acknowledged = position;
  session.state = Session::State::kCatchingUp;
  // Kept ephemeral events go first: else they could fill every answer, and the log never gets on.
  if (position < tail_.head() && session.outbox.frames() >= session.frames_max)
    session.outbox.clear();
  touch(session, position < tail_.head() ? Rank::kBehind : Rank::kPrompt);
  advance(session);
}

std::string Shard::presence_name(const Session& session) const {
  return session.nameless ? "n_" + settings_.node + "_" +
                                protocol::base32(static_cast<std::int64_t>(session.key))
                          : std::string(session.id);
}

void Shard::attach_to_rooms(Session& session) {
  session.attached = true;
  for (const auto& membership : session.user->memberships) {
    const auto room = membership.room;
    if (membership.since && wants(session, room)) rooms_[room].push_back(&session);
  }
}

void Shard::leave_room(Session& session, RoomId room) {
  const auto it = rooms_.find(room);
  if (it == rooms_.end()) return;
  auto& sessions = it->second;
  const auto at = std::find(sessions.begin(), sessions.end(), &session);
  if (at == sessions.end()) return;
  if (spread_ && spread_->room == room) {
    // The last moves to a place that the spread has perhaps passed.
    const auto place = static_cast<std::size_t>(at - sessions.begin());
    const bool passed = place < spread_->next && spread_->next < sessions.size();
    if (passed) leave_live(*sessions.back(), spread_->stretch.first());
  }
  *at = sessions.back();
  sessions.pop_back();
  if (sessions.empty()) rooms_.erase(it);
}

// ----------------------------------------------------------------------------------- going

void Shard::gone(Session* session) {
  Turn turn(*this);
  session->transport = nullptr;
  if (session->kind == TransportKind::kPoll && session->attached) {
    settle(*session);
  } else {
    remove(session);
  }
}

void Shard::cut(Session* session) {
  if (settings_.networks && session->attached && session->proven &&
      session->kind != TransportKind::kPoll) {
    const Millis life(std::max<std::int64_t>((clock_.wall_us() - session->came_at_us) / 1000, 0));
    const auto idle = std::chrono::duration_cast<Millis>(clock_.mono() - session->last_queued);
    settings_.networks->cut(session->network, session->kind, life, std::max(idle, Millis(0)));
  }
  gone(session);
}

void Shard::end(Session* session, EndReason reason, std::int64_t reconnect_in_ms) {
  Turn turn(*this);
  if (auto* transport = session->transport) {
    if (!session->blocked && !session->outbox.empty() && session->kind != TransportKind::kPoll) {
      write(*session);
    }
    const Ending ending{reason, reconnect_in_ms};
    // hello comes first, always: without it there is no bye either, just the end.
    const bool greeted = session->state != Session::State::kOpening;
    std::string bye;
    if (greeted) add_frame(bye, bye_json(ending), session->form);
    session->transport = nullptr;
    transport->end(ending, session->outbox.pending(), bye);
    log_debug("session_ended session={} code={}", session->id.view(), traits(reason).code);
  }
  remove(session);
}

void Shard::end_where(const std::function<bool(const Session&)>& which, EndReason reason) {
  Turn turn(*this);
  sessions_.for_each([&](Session& session) {
    if (which(session)) end(&session, reason);
  });
}

void Shard::begin_anew(LogPosition head) {
  constexpr std::int64_t kBackWithin_ms = 2000;
  Turn turn(*this);
  undelivered_.clear();
  spread_.reset();
  backlogs_.clear();
  spreads_left_ = 0;
  sessions_.for_each([this](Session& session) {
    end(&session, EndReason::kInternal, static_cast<std::int64_t>(random_u64() % kBackWithin_ms));
  });
  replay_.clear();
  tail_.begin_anew(head);
}

void Shard::remove(Session* session) {
  leave_queue(*session);
  if (session->attached) {
    for (const auto& membership : session->user->memberships) {
      leave_room(*session, membership.room);
    }
  }
  auto& slot = slot_of(*session);
  slot[session->slot_index] = slot.back();
  slot[session->slot_index]->slot_index = session->slot_index;
  slot.pop_back();

  const auto user = session->user->profile.id;
  session->user->sessions.remove(*session);
  // Not only if it has begun here: it may have been announced by the shard that it was taken over
  // from.
  if (session->nameless || hub_.release(session->id, {this, session->key})) {
    presence_.close(user, presence_name(*session));
  }
  if (session->user->sessions.size() == 0) users_.erase(user);

  --(session->state == Session::State::kParked ? counters_.parked : counters_.sessions);
  sessions_.erase(session->key);
}

void Shard::close() {
  news_.close();
  mailbox_.close();
  closed_ = true;
  unread_.clear();
  undelivered_.clear();
  spread_.reset();
  backlogs_.clear();
  for (auto& queue : queues_) queue.clear();
  for (auto& slot : slots_) slot.clear();
  rooms_.clear();
  users_.clear();
  sessions_.clear();
}

// ----------------------------------------------------------------------------------- what clients
// do

bool Shard::prove(Session* session, std::string_view word) {
  if (word != session->probe_word()) return false;
  const bool first = !session->proven;
  session->proven = true;
  if (first && settings_.networks) {
    settings_.networks->proved(session->network, session->kind, session->padding_kib);
  }
  return true;
}

void Shard::send(Session* session, const std::string& json) {
  Turn turn(*this);
  queue_own(*session, json);
}

void Shard::reauthenticate(Session* session, const TokenAsked& token) {
  if (const auto why = end_of(token)) return end(session, *why);
  take(*session, token);
}

void Shard::take(Session& session, const TokenAsked& token) {
  session.token = token.mark;
  session.token_expires_at_ms = token.expires_at_ms;
  session.vouched = token.key != 0;
}

std::string Shard::cursor_at(LogPosition position) const {
  return protocol::encode_cursor(settings_.epoch, position);
}

std::string Shard::cursor_of(const Session& session) const {
  const bool live = session.state == Session::State::kLive;
  return cursor_at(live ? std::max(given_up_to(), session.position) : session.position);
}

}  // namespace fairlead::hub
