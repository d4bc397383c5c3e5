#include "presence/roster.h"

#include <algorithm>

#include "core/release.h"

namespace fairlead::presence {

Roster::Roster(Millis leave_grace, std::size_t remembered_max)
    : leave_grace_(leave_grace), remembered_max_(remembered_max) {}

std::optional<Change> Roster::open(UserId user, std::string_view session,
                                   std::string_view transport, Now now) {
  User& u = users_[user];
  const bool was_online = u.online();
  const auto* name = &*transports_.emplace(transport).first;
  const auto id_hash = std::hash<std::string_view>()(session);
  const auto at = place_of(u, id_hash);
  if (at != u.sessions.end() && at->id_hash == id_hash) {
    at->transport = name;
  } else {
    u.sessions.insert(at, {id_hash, name});
  }
  if (u.due != kNotLeaving) leaving_.erase({std::exchange(u.due, kNotLeaving), user});
  if (was_online) return std::nullopt;
  return Change{user, state(user, now.wall_ms)};
}

std::vector<Roster::Session>::iterator Roster::place_of(User& user, std::size_t id_hash) {
  return std::ranges::lower_bound(user.sessions, id_hash, {}, &Session::id_hash);
}

void Roster::close(UserId user, std::string_view session, Now now) {
  const auto it = users_.find(user);
  if (it == users_.end()) return;
  User& u = it->second;
  const auto id_hash = std::hash<std::string_view>()(session);
  const auto closed = place_of(u, id_hash);
  if (closed == u.sessions.end() || closed->id_hash != id_hash) return;
  u.sessions.erase(closed);
  u.last_seen_ms = now.wall_ms;
  if (!u.sessions.empty()) return;
  release(u.sessions);
  u.due = now.mono + leave_grace_;
  leaving_.emplace(u.due, user);
}

std::optional<Change> Roster::set_away(UserId user, bool away, Now now) {
  const auto it = users_.find(user);
  if (it == users_.end() || !it->second.online()) return std::nullopt;
  const bool changed = away ? away_.insert(user).second : away_.erase(user) > 0;
  if (!changed) return std::nullopt;
  return Change{user, state(user, now.wall_ms)};
}

Changes Roster::tick(MonoTime now) {
  Changes changes;
  while (!leaving_.empty() && leaving_.begin()->first <= now) {
    const UserId user = leaving_.begin()->second;
    leaving_.erase(leaving_.begin());
    User& u = users_.at(user);
    u.due = kNotLeaving;
    away_.erase(user);
    changes.push_back({user, state(user, u.last_seen_ms)});
    remember(user, u.last_seen_ms);
  }
  return changes;
}

std::optional<MonoTime> Roster::next_due() const {
  if (leaving_.empty()) return std::nullopt;
  return leaving_.begin()->first;
}

State Roster::state(UserId user, std::int64_t wall_now_ms) const {
  State state;
  state.status = Status::kOffline;
  const auto it = users_.find(user);
  if (it == users_.end()) return state;
  const User& u = it->second;
  if (u.online()) state.status = away_.contains(user) ? Status::kAway : Status::kOnline;
  state.last_seen_at_ms = u.sessions.empty() ? u.last_seen_ms : wall_now_ms;
  std::set<std::string> transports;
  for (const auto& session : u.sessions) transports.insert(*session.transport);
  state.transports.assign(transports.begin(), transports.end());
  return state;
}

void Roster::remember(UserId user, std::int64_t last_seen_ms) {
  gone_.emplace_back(user, last_seen_ms);
  while (gone_.size() > remembered_max_) {
    const auto [oldest, seen] = gone_.front();
    gone_.pop_front();
    const auto it = users_.find(oldest);
    // Back since, or gone again later: then another entry speaks for them.
    if (it != users_.end() && !it->second.online() && it->second.last_seen_ms == seen)
      users_.erase(it);
  }
}

}  // namespace fairlead::presence
