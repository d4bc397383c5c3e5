// Events to the sessions that stand at the head of the log.
#include <cassert>

#include "hub/frames.h"
#include "hub/shard.h"
#include "hub/turn.h"

namespace fairlead::hub {

void Shard::deliver(const log::BatchPtr& batch) {
  Turn turn(*this);
  for (const auto& event : batch->events) {
    if (event->position <= tail_.head()) continue;  // was in the store when this shard began
    assert(event->position.value() == tail_.head().value() + 1);
    fan_out(tail_.append(event));
  }
}

void Shard::fan_out(log::Tail::Entry& entry) {
  const auto& event = *entry.event;
  if (event.kind == store::EventKind::kMemberJoined) apply_membership(event);
  if (event.only_for) {
    const auto it = users_.find(event.only_for);
    if (it != users_.end()) {
      for (auto* session : it->second->sessions) {
        if (session->attached && (!event.room || wants(*session, event.room))) {
          queue(*session, entry);
        }
      }
    }
  } else {
    const auto it = rooms_.find(event.room);
    if (it != rooms_.end()) {
      for (auto* session : it->second) queue(*session, entry);
    }
  }
  if (event.kind == store::EventKind::kMemberLeft ||
      event.kind == store::EventKind::kRoomDeleted) {
    apply_membership(event);
  }
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
  if (event.kind == store::EventKind::kPlain || it == user.memberships.end() ||
      !it->second.since) {
    return;
  }
  it->second.earlier.push_back({it->second.since, event.position});
  it->second.since = {};
  for (auto* session : user.sessions) {
    if (session->attached) leave_room(*session, event.room);
  }
}

bool Shard::queue(Session& session, log::Tail::Entry& entry) {
  if (session.state != Session::State::kLive || entry.event->position <= session.position) {
    return false;
  }
  if (session.outbox.full(settings_.outbox_bytes_max)) {
    // G6: no longer live. It goes on from the log, from here, when its socket drains.
    session.state = Session::State::kCatchingUp;
    session.position = LogPosition(entry.event->position.value() - 1);
    ++counters_.fell_behind;
    return false;
  }
  push(session, entry);
  return true;
}

void Shard::push(Session& session, log::Tail::Entry& entry) {
  Bytes slot;
  session.outbox.push({framed(entry, session.kind, slot), entry.event->position});
  session.position = session.sent = entry.event->position;
  ++counters_.delivered;
  touch(session);
}

void Shard::queue_own(Session& session, const std::string& json, bool control) {
  session.outbox.push({frame_ephemeral(json, session.kind), {}, control});
  touch(session);
}

void Shard::deliver(const Ephemeral& event) {
  Turn turn(*this);
  ++round_;
  std::array<Bytes, 3> frames;
  for (const auto room : event.rooms) {
    const auto it = rooms_.find(room);
    if (it == rooms_.end()) continue;
    for (auto* session : it->second) {
      if (session->round == round_ || !session->ephemeral ||
          session->user->profile.id == event.except) {
        continue;
      }
      session->round = round_;
      const bool parked = session->state == Session::State::kParked;
      if (!parked && (session->outbox.size() >= limits::kOutboxEphemeralFramesMax ||
                      session->outbox.bytes() >= settings_.outbox_bytes_max / 2)) {
        ++counters_.ephemeral_dropped;  // the first to go (G6)
        continue;
      }
      auto& frame = frames[static_cast<std::size_t>(session->kind)];
      if (!frame) frame = frame_ephemeral(*event.json, session->kind);
      session->outbox.push({frame, {}});
      if (parked) {
        session->outbox.keep_ephemeral(limits::kPollEphemeralsMax);
      } else {
        touch(*session);
      }
    }
  }
}

// ----------------------------------------------------------------------------------- to the transports

void Shard::touch(Session& session) {
  session.last_queued = now_;
  if (session.dirty || session.blocked) return;
  session.dirty = true;
  dirty_.push_back(session.key);
}

void Shard::flush_dirty() {
  // A flush may let a session that is behind read on, which makes it dirty again: a few rounds, then the
  // others have their turn.
  constexpr int kRounds = 4;
  std::vector<std::uint64_t> keys;
  for (int round = 0; round < kRounds && !dirty_.empty(); ++round) {
    keys.clear();
    keys.swap(dirty_);
    for (const auto key : keys) {
      if (auto* session = find(key)) flush(*session);
    }
  }
  if (!dirty_.empty()) post([] {});  // run_mailbox() is a turn
}

void Shard::flush(Session& session) {
  session.dirty = false;
  if (session.transport == nullptr || session.blocked ||
      session.state == Session::State::kOpening) {
    return;
  }
  switch (session.transport->flush(session.outbox)) {
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
  }
}

void Shard::writable(Session* session) {
  Turn turn(*this);
  session->blocked = false;
  touch(*session);
}

}  // namespace fairlead::hub
