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

// How long news and tasks may hold the thread in a turn, and then what is written. With what is
// under way it stays under 5 ms.
constexpr auto kWorkTime = std::chrono::microseconds(250);
constexpr auto kFlushTime = std::chrono::microseconds(900);
// Sessions that are flushed between two looks at the clock.
constexpr int kFlushesAtATime = 16;
// A room with more sessions than these has a backlog.
constexpr std::size_t kSmallRoom = 256;

// How many events from the front belong to one room and change nobody's membership: they go out
// together.
std::size_t how_many_together(std::span<const store::EventPtr> events) {
  if (!is_for_the_room(*events[0])) return 1;
  std::size_t n = 1;
  auto bytes = events[0]->json.size();
  while (n < std::min(events.size(), Stretch::kEventsMax) && is_for_the_room(*events[n]) &&
         events[n]->room == events[0]->room) {
    bytes += events[n]->json.size();
    if (bytes > Stretch::kBytesMax) break;
    ++n;
  }
  return n;
}

}  // namespace

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
      n = how_many_together(left);
      for (const auto& event : left.first(n)) tail_.append(event);
      fan_out(left.first(n));
    }
    next += n;
    if (next == batch->events.size()) undelivered_.pop_front();
  }
}

void Shard::fan_out(std::span<const store::EventPtr> events) {
  const auto& event = *events.front();
  Stretch stretch(events, runs_);
  if (event.only_for) {
    const auto it = users_.find(event.only_for);
    if (it == users_.end()) return;
    for (auto* session : it->second.sessions) {
      const bool is_for_it = session->attached && (!event.room || wants(*session, event.room));
      if (is_for_it && give(*session, stretch)) touch(*session, Rank::kPrompt);
    }
    return;
  }
  if (event.kind == store::EventKind::kMemberJoined) apply_membership(event);
  if (const auto it = rooms_.find(event.room); it != rooms_.end()) {
    if (it->second.size() > kSmallRoom || has_backlog(event.room)) {
      give_later(event.room, events);
    } else {
      for (auto* session : it->second) {
        if (give(*session, stretch)) touch(*session, Rank::kPrompt);
      }
    }
  }
  if (event.kind == store::EventKind::kMemberLeft || event.kind == store::EventKind::kRoomDeleted) {
    apply_membership(event);
  }
}

bool Shard::give(Session& session, Stretch& stretch) {
  if (session.state != Session::State::kLive || session.position >= stretch.last()) return false;
  const auto& part = stretch.as(session.form);
  const bool began_within = session.position >= stretch.first();
  const bool too_many = session.outbox.frames() + stretch.count() > session.frames_max;
  const bool too_much =
      session.outbox.bytes() + part.bytes() > settings_.outbox_bytes_max && !session.outbox.empty();
  if (began_within || too_many || too_much || session.blocked || is_owed_before(session, stretch)) {
    if (too_much || session.blocked) ++counters_.fell_behind;
    leave_live(session, stretch.first());
    return false;
  }
  session.outbox.add(part, stretch.count());
  session.position = session.sent = stretch.last();
  session.news = true;
  session.last_queued = now_;
  delivered_ += stretch.count();
  return true;
}

void Shard::leave_live(Session& session, LogPosition next) {
  if (session.state != Session::State::kLive) return;
  session.state = Session::State::kCatchingUp;
  const auto given = std::min(given_up_to().value(), next.value() - 1);
  session.position = std::max(session.position, LogPosition(given));
  touch(session, Rank::kBehind);
}

void Shard::apply_membership(const store::Event& event) {
  if (event.kind == store::EventKind::kRoomDeleted) {
    if (auto room = rooms_.extract(event.room); !room.empty() && has_backlog(event.room)) {
      for (auto* session : room.mapped()) leave_live(*session, event.position);
    }
    for (auto& [id, user] : users_) apply_to(user, event);
    return;
  }
  const auto it = users_.find(event.subject);
  if (it != users_.end()) apply_to(it->second, event);
}

void Shard::apply_to(UserEntry& user, const store::Event& event) {
  if (!user.loaded || event.position <= user.as_of) return;  // its snapshot has it, or will
  // Who comes or goes while others are still being given what came before is led past that by the
  // log, which knows what was for whom.
  const auto keep_apart = [this, &event](Session& session) {
    if (has_backlog(event.room)) leave_live(session, event.position);
  };
  if (event.kind == store::EventKind::kMemberJoined) {
    auto& membership = user.memberships[event.room];
    if (membership.since) return;  // the owner of a new room: since its room.created
    membership.since = event.position;
    for (auto* session : user.sessions) {
      if (!session->attached || !wants(*session, event.room)) continue;
      rooms_[event.room].push_back(session);
      keep_apart(*session);
    }
    return;
  }
  auto* membership = user.memberships.find(event.room);
  if (event.kind == store::EventKind::kPlain || membership == nullptr || !membership->since) return;
  membership->end(event.position);
  for (auto* session : user.sessions) {
    if (!session->attached) continue;
    if (wants(*session, event.room)) keep_apart(*session);
    leave_room(*session, event.room);
  }
}

void Shard::queue_own(Session& session, std::string_view json, bool control) {
  std::string frame;
  add_frame(frame, json, session.form);
  session.outbox.add(frame);
  session.last_queued = now_;
  session.news |= !control;
  touch(session, Rank::kPrompt);
}

void Shard::deliver(const Ephemeral& event) {
  Turn turn(*this);
  ++round_;
  std::array<std::string, kWireForms> frames;
  for (const auto room : event.rooms) {
    const auto it = rooms_.find(room);
    if (it == rooms_.end()) continue;
    const auto rank = it->second.size() > kSmallRoom ? Rank::kBehind : Rank::kPrompt;
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
      auto& frame = frames[static_cast<std::size_t>(session->form)];
      if (frame.empty()) add_shared_frame(frame, *event.json, session->form);
      session->outbox.add(frame);
      session->last_queued = now_;
      session->news = true;
      if (parked) {
        keep_ephemerals(*session);
      } else {
        touch(*session, rank);
      }
    }
  }
}

// ----------------------------------------------------------------------------------- to transports

void Shard::touch(Session& session, Rank rank) {
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
  read_snapshots();
  const auto from = clock_.mono();
  flush_some(Rank::kPrompt, from + kFlushTime / 4);
  // Turns of single connections leave the others to the mailbox's: many of them follow each other.
  if (in_mailbox_) {
    write_to_large_rooms(from + kFlushTime);
    // Who is behind can wait for who is not: a round is soon over, and has a pause behind it.
    flush_some(Rank::kBehind, pace_.is_writing() ? from : from + kFlushTime);
  }
  counters_.delivered += std::exchange(delivered_, 0);
  runs_.tidy();
  const bool more = mailbox_has_more_ || !undelivered_.empty() || !unread_.empty() ||
                    !queue(Rank::kPrompt).empty() || !queue(Rank::kBehind).empty() ||
                    pace_.is_writing();
  if (more && !std::exchange(goes_on_, true)) wake_();
  if (std::exchange(in_mailbox_, false)) mailbox_ended_ = clock_.mono();
  counters_.turns.add(clock_.mono() - now_);
  if (cpu_began_) counters_.turns.add_cpu(thread_cpu_time() - *std::exchange(cpu_began_, {}));
}

void Shard::flush_some(Rank rank, MonoTime until) {
  if (queue(rank).empty()) return;
  const int at_a_time = rank == Rank::kBehind ? 1 : kFlushesAtATime;  // each fills half an outbox
  do {
    for (int n = 0; n < at_a_time; ++n) {
      auto* session = queue(rank).pop();
      if (session == nullptr) return;
      session->queue = Rank::kNone;
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
      session.since = now_;
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
