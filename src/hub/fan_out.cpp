// Events to the sessions that stand at the head of the log.
#include <algorithm>
#include <cassert>
#include <span>
#include <utility>

#include "hub/frames.h"
#include "hub/shard.h"
#include "hub/turn.h"

namespace fairlead::hub {
namespace {

// How long a turn may hold the thread: with what is under way then it stays under 5 ms.
constexpr auto kWorkTime = std::chrono::microseconds(1500);
constexpr auto kFlushTime = std::chrono::microseconds(1000);  // each queue
// Sessions that are flushed between two looks at the clock.
constexpr int kFlushesAtATime = 16;
// Events for more sessions than these leave behind those for fewer: a busy large room must not hold
// up small ones.
constexpr std::size_t kSmallRoom = 256;
// One stretch of a room's events: bounds what a turn frames before it looks at the clock.
constexpr std::size_t kStretchEvents = 64;
constexpr std::size_t kStretchBytes = 64 * 1024;

FlushQueue::Rank rank_in_room(std::size_t sessions) {
  return sessions > kSmallRoom ? FlushQueue::Rank::kBulk : FlushQueue::Rank::kPrompt;
}

bool for_the_room(const store::Event& event) {
  return event.kind == store::EventKind::kPlain && !event.only_for && event.room;
}

// How many events from the front belong to one room and change nobody's membership: they go out
// together.
std::size_t stretch(std::span<const store::EventPtr> events) {
  if (!for_the_room(*events[0])) return 1;
  std::size_t n = 1;
  auto bytes = events[0]->json.size();
  while (n < std::min(events.size(), kStretchEvents) && for_the_room(*events[n]) &&
         events[n]->room == events[0]->room) {
    bytes += events[n]->json.size();
    if (bytes > kStretchBytes) break;
    ++n;
  }
  return n;
}

}  // namespace

// The stretch framed for each kind of transport that needs it, on first use.
struct Shard::Framed {
  std::span<const store::EventPtr> events;
  Runs& runs;
  struct Stretch {
    Run* run = nullptr;
    std::size_t begin = 0;
  };
  std::array<Stretch, 3> by_kind = {};

  const Stretch& as(TransportKind kind) {
    auto& made = by_kind[static_cast<std::size_t>(kind)];
    if (made.run == nullptr) {
      made.run = &runs.current(kind);
      made.begin = made.run->bytes.size();
      for (const auto& event : events) add_frame(made.run->bytes, *event, kind);
    }
    return made;
  }
};

bool Shard::has_worked_long() const {
  return clock_.mono() - std::max(now_, mailbox_began_) >= kWorkTime;
}

void Shard::deliver(const log::BatchPtr& batch) {
  Turn turn(*this);
  undelivered_.push_back({batch, 0});
  deliver_some();
}

void Shard::deliver_some() {
  while (!undelivered_.empty() && !has_worked_long()) {
    auto& [batch, next] = undelivered_.front();
    const auto left = std::span(batch->events).subspan(next);
    std::size_t n = 1;
    if (left.front()->position > tail_.head()) {  // else it was in the store when this shard began
      n = stretch(left);
      for (const auto& event : left.first(n)) tail_.append(event);
      fan_out(left.first(n));
    }
    next += n;
    if (next == batch->events.size()) undelivered_.pop_front();
  }
}

void Shard::fan_out(std::span<const store::EventPtr> events) {
  const auto& event = *events.front();
  Framed framed{events, runs_};
  if (event.kind == store::EventKind::kMemberJoined) apply_membership(event);
  if (event.only_for) {
    const auto it = users_.find(event.only_for);
    if (it != users_.end()) {
      for (auto* session : it->second->sessions) {
        if (session->attached && (!event.room || wants(*session, event.room))) {
          give(*session, framed, Rank::kPrompt);
        }
      }
    }
  } else {
    const auto it = rooms_.find(event.room);
    if (it != rooms_.end()) {
      const auto rank = rank_in_room(it->second.size());
      for (auto* session : it->second) give(*session, framed, rank);
    }
  }
  if (event.kind == store::EventKind::kMemberLeft || event.kind == store::EventKind::kRoomDeleted) {
    apply_membership(event);
  }
}

void Shard::give(Session& session, Framed& framed, Rank rank) {
  const auto first = framed.events.front()->position;
  if (session.state != Session::State::kLive) return;
  if (session.position >= first) {
    if (session.position >= framed.events.back()->position) return;
    session.state = Session::State::kCatchingUp;  // it began in the middle of the stretch: the rest
                                                  // is in the tail
    touch(session, rank);
    return;
  }
  const auto& made = framed.as(session.kind);
  const auto n = framed.events.size();
  const bool too_much =
      session.outbox.bytes() + (made.run->bytes.size() - made.begin) > settings_.outbox_bytes_max;
  if ((too_much && !session.outbox.empty()) || session.outbox.frames() + n > session.frames_max) {
    // G6: no longer live. It goes on from the log, from here, when its socket drains.
    session.state = Session::State::kCatchingUp;
    session.position = LogPosition(first.value() - 1);
    if (too_much) ++counters_.fell_behind;
    touch(session, Rank::kBehind);
    return;
  }
  if (session.blocked) {  // for long perhaps: it must not hold on to what is shared
    session.outbox.add(std::string_view(made.run->bytes).substr(made.begin), n);
  } else {
    session.outbox.add(*made.run, made.begin, n);
  }
  session.position = session.sent = framed.events.back()->position;
  session.news = true;
  delivered_ += n;
  touch(session, rank);
}

void Shard::apply_membership(const store::Event& event) {
  if (event.kind == store::EventKind::kRoomDeleted) {
    for (auto& [id, user] : users_) apply_to(*user, event);
    return;
  }
  const auto it = users_.find(event.subject);
  if (it != users_.end()) apply_to(*it->second, event);
}

void Shard::apply_to(UserEntry& user, const store::Event& event) {
  if (!user.loaded || event.position <= user.as_of) return;  // its snapshot has it, or will
  if (event.kind == store::EventKind::kMemberJoined) {
    auto& membership = user.memberships[event.room];
    if (membership.since) return;  // the owner of a new room: since its room.created
    membership.room = event.room;
    membership.since = event.position;
    for (auto* session : user.sessions) {
      if (session->attached && wants(*session, event.room)) rooms_[event.room].push_back(session);
    }
    return;
  }
  const auto it = user.memberships.find(event.room);
  if (event.kind == store::EventKind::kPlain || it == user.memberships.end() || !it->second.since) {
    return;
  }
  it->second.earlier.push_back({it->second.since, event.position});
  it->second.since = {};
  for (auto* session : user.sessions) {
    if (session->attached) leave_room(*session, event.room);
  }
}

void Shard::queue_own(Session& session, std::string_view json, bool control) {
  std::string frame;
  add_frame(frame, json, session.kind);
  session.outbox.add(frame);
  session.news |= !control;
  touch(session, Rank::kPrompt);
}

void Shard::deliver(const Ephemeral& event) {
  Turn turn(*this);
  ++round_;
  std::array<std::string, 3> frames;
  for (const auto room : event.rooms) {
    const auto it = rooms_.find(room);
    if (it == rooms_.end()) continue;
    const auto rank = rank_in_room(it->second.size());
    for (auto* session : it->second) {
      if (session->round == round_ || !session->ephemeral ||
          session->user->profile.id == event.except) {
        continue;
      }
      session->round = round_;
      const bool parked = session->state == Session::State::kParked;
      if (parked && session->nameless)
        continue;  // whoever uses it next may have had this elsewhere
      if (!parked &&
          (session->outbox.frames() >= limits::kOutboxEphemeralFramesMax || session->is_full() ||
           session->outbox.bytes() >= settings_.outbox_bytes_max / 2)) {
        ++counters_.ephemeral_dropped;  // the first to go (G6)
        continue;
      }
      auto& frame = frames[static_cast<std::size_t>(session->kind)];
      if (frame.empty()) add_frame(frame, *event.json, session->kind);
      session->outbox.add(frame);
      session->news = true;
      if (parked) {
        keep_ephemerals(*session);
      } else {
        touch(*session, rank);
      }
    }
  }
}

// What a poll that is over has not taken: the next one's cursor brings again what the log has.
void Shard::keep_ephemerals(Session& session) {
  if (session.outbox.empty()) return;
  std::string lines(session.outbox.pending());
  const auto max = std::min<std::size_t>(limits::kPollEphemeralsMax, session.frames_max);
  const auto count = protocol::keep_ephemeral_lines(lines, max);
  session.outbox.replace(std::move(lines), count);
}

// ----------------------------------------------------------------------------------- to transports

void Shard::touch(Session& session, Rank rank) {
  session.last_queued = now_;
  if (session.blocked || session.queue <= rank) return;
  leave_queue(session);
  session.queue = rank;
  session.place = queue(rank).push(&session);
}

void Shard::leave_queue(Session& session) {
  if (session.queue == Rank::kNone) return;
  queue(session.queue).forget(session.place);
  session.queue = Rank::kNone;
}

void Shard::end_turn() {
  flush_some(Rank::kPrompt);
  // Turns of single connections leave the others to the mailbox's: many of them follow each other.
  if (in_mailbox_) {
    flush_bulk();
    flush_some(Rank::kBehind);
  }
  counters_.delivered += std::exchange(delivered_, 0);
  runs_.tidy();
  const bool more = mailbox_has_more_ || !undelivered_.empty() || !queue(Rank::kPrompt).empty() ||
                    !queue(Rank::kBehind).empty() || bulk_pace_.is_writing();
  if (more && !std::exchange(goes_on_, true)) wake_();
  in_mailbox_ = false;
  counters_.turns.add(clock_.mono() - now_);
}

std::optional<MonoTime> Shard::resumes_at() const {
  const bool waits =
      bulk_pace_.is_watching() || (!queue(Rank::kBulk).empty() && !bulk_pace_.is_writing());
  return waits ? std::optional(bulk_pace_.next()) : std::nullopt;
}

void Shard::flush_bulk() {
  auto& bulk = queue(Rank::kBulk);
  if (!bulk_pace_.is_writing()) {
    const auto now = clock_.mono();
    const bool behind = bulk_pace_.is_watching() && now >= bulk_pace_.next() && is_proxy_behind();
    const bool may = bulk_pace_.may_begin(now, behind);
    // Its client is slow perhaps, not the proxy: it is no witness until it has read all.
    if (behind && !bulk_pace_.is_watching()) find(witness_)->lags = true;
    if (bulk.empty() || !may) return;
    bulk_pace_.begin(bulk, now);
  }
  flush_some(Rank::kBulk);
  if (bulk.empty() || bulk_pace_.is_through(bulk)) {
    bulk_pace_.wrote(clock_.mono(), is_proxy_behind());
  }
}

// Who was written to last is who a proxy comes to last.
void Shard::note_witness(Session& session) {
  if (session.lags && session.transport != nullptr) {
    session.lags = session.transport->proxy_is_behind();
  }
  if (!session.lags) witness_ = session.key;
}

bool Shard::is_proxy_behind() const {
  const auto last = by_key_.find(witness_);
  return last != by_key_.end() && last->second->transport != nullptr &&
         last->second->transport->proxy_is_behind();
}

void Shard::flush_some(Rank rank) {
  if (queue(rank).empty()) return;
  const auto until = clock_.mono() + kFlushTime;
  do {
    for (int n = 0; n < kFlushesAtATime; ++n) {
      auto* session = queue(rank).pop();
      if (session == nullptr) return;
      session->queue = Rank::kNone;
      if (rank == Rank::kBulk) note_witness(*session);
      flush(*session);
    }
  } while (clock_.mono() < until);
}

void Shard::flush(Session& session) {
  if (session.transport == nullptr || session.blocked ||
      session.state == Session::State::kOpening) {
    return;
  }
  switch (write(session)) {
    case Transport::Flush::kDone:
      if (session.state == Session::State::kCatchingUp) advance(session);
      break;
    case Transport::Flush::kBlocked:
    case Transport::Flush::kBroken:
      session.blocked = true;
      session.blocked_since = now_;
      break;
    case Transport::Flush::kAnswered:
      settle(session);
      break;
    case Transport::Flush::kWaits:
      break;
  }
}

Transport::Flush Shard::write(Session& session) {
  std::size_t taken = 0;
  const auto result = session.transport->write({session.outbox.pending(), session.news}, taken);
  if (result != Transport::Flush::kWaits) session.outbox.take(taken);
  return result;
}

void Shard::writable(Session* session) {
  Turn turn(*this);
  session->blocked = false;
  touch(*session, session->state == Session::State::kLive ? Rank::kPrompt : Rank::kBehind);
}

}  // namespace fairlead::hub
