// Events for more sessions than one turn can reach. They wait in a backlog, room by room, and small
// rooms do not wait for them: whoever is in both and has not been reached yet reads on from the
// log, so that the order is kept.
#include <algorithm>

#include "hub/shard.h"

namespace fairlead::hub {
namespace {

// Sessions that are written to between two looks at the clock.
constexpr std::size_t kWritesAtATime = 16;

}  // namespace

Backlog* Shard::backlog_of(RoomId room) {
  const auto it = std::ranges::find(backlogs_, room, &Backlog::room);
  return it == backlogs_.end() ? nullptr : &*it;
}

void Shard::give_later(RoomId room, std::span<const store::EventPtr> events) {
  auto* backlog = backlog_of(room);
  if (backlog == nullptr && backlogs_.size() < limits::kBacklogsMax) {
    backlog = &backlogs_.emplace_back(Backlog{room});
  }
  if (backlog != nullptr && backlog->bytes <= limits::kBacklogBytesMax &&
      backlog->events.size() + events.size() <= limits::kBacklogEventsMax) {
    backlog->add(events);
    return;
  }
  // More than can be kept: the log has it all.
  for (auto* session : rooms_[room]) leave_live(*session, events.front()->position);
  if (backlog != nullptr) backlog->clear();
}

LogPosition Shard::given_up_to() const {
  auto next = tail_.head().value() + 1;
  if (spread_) next = std::min(next, spread_->stretch.first().value());
  for (const auto& backlog : backlogs_) {
    if (!backlog.events.empty()) next = std::min(next, backlog.events.front()->position.value());
  }
  return LogPosition(next - 1);
}

bool Shard::is_owed_before(const Session& session, const Stretch& stretch) const {
  const auto is_in = [&](RoomId room) {
    const auto* membership = session.user->memberships.find(room);
    return membership != nullptr && membership->since && wants(session, room);
  };
  if (spread_ && &stretch != &spread_->stretch && session.position < spread_->stretch.last() &&
      spread_->stretch.first() < stretch.last() && is_in(spread_->room)) {
    return true;
  }
  return std::any_of(backlogs_.begin(), backlogs_.end(), [&](const auto& backlog) {
    return !backlog.events.empty() && backlog.events.front()->position < stretch.last() &&
           session.position < backlog.events.back()->position && is_in(backlog.room);
  });
}

std::optional<MonoTime> Shard::resumes_at() const {
  const bool waits = pace_.is_watching() || (!backlogs_.empty() && !pace_.is_writing());
  return waits ? std::optional(pace_.next()) : std::nullopt;
}

void Shard::write_to_large_rooms(MonoTime until) {
  const auto now = clock_.mono();
  if (pace_.is_writing()) {
    pace_.go_on(now);
  } else if (!begin_round(now)) {
    return;
  }
  while (spreads_left_ > 0) {
    if (spread_ || begin_spread()) spread_on();
    if (clock_.mono() >= until) break;
  }
  if (spreads_left_ == 0) {
    pace_.wrote(clock_.mono(), is_proxy_behind(), events_in_round_);
  } else {
    pace_.leave(clock_.mono());
  }
}

bool Shard::begin_round(MonoTime now) {
  const bool behind = pace_.is_watching() && now >= pace_.next() && is_proxy_behind();
  const bool may = pace_.may_begin(now, behind);
  // Its client is slow perhaps, not the proxy: it is no witness until it has read all.
  if (behind && !pace_.is_watching()) find(witness_)->lags = true;
  if (backlogs_.empty() || !may) return false;
  pace_.begin(now);
  spreads_left_ = backlogs_.size();
  events_in_round_ = 0;
  return true;
}

bool Shard::begin_spread() {
  auto& backlog = backlogs_.front();
  std::vector<store::EventPtr> events;
  std::size_t bytes = 0;
  while (!backlog.events.empty() && events.size() < Stretch::kEventsMax &&
         bytes < Stretch::kBytesMax) {
    events.push_back(backlog.take());
    bytes += events.back()->json.size();
  }
  if (events.empty()) {
    end_spread();
    return false;
  }
  events_in_round_ = std::max(events_in_round_, events.size());
  spread_.emplace(backlog.room, std::move(events), runs_);
  return true;
}

void Shard::spread_on() {
  const auto it = rooms_.find(spread_->room);
  if (it != rooms_.end()) {
    auto& sessions = it->second;
    const auto end = std::min(sessions.size(), spread_->next + kWritesAtATime);
    while (spread_->next < end) {
      auto& session = *sessions[spread_->next++];
      if (!give(session, spread_->stretch)) continue;
      leave_queue(session);
      note_witness(session);
      flush(session);
    }
    if (spread_->next < sessions.size()) return;
  }
  end_spread();
}

// The room has had its turn; what has come meanwhile waits for the next.
void Shard::end_spread() {
  spread_.reset();
  auto room = std::move(backlogs_.front());
  backlogs_.pop_front();
  if (!room.events.empty()) backlogs_.push_back(std::move(room));
  --spreads_left_;
}

// Who was written to last is who a proxy comes to last.
void Shard::note_witness(Session& session) {
  if (session.lags && session.transport != nullptr) {
    session.lags = session.transport->proxy_is_behind();
  }
  if (!session.lags) witness_ = session.key;
}

bool Shard::is_proxy_behind() const {
  const auto* last = sessions_.find(witness_);
  return last != nullptr && last->transport != nullptr && last->transport->proxy_is_behind();
}

}  // namespace fairlead::hub
