#include "presence/roster.h"

#include <algorithm>
#include <cassert>

namespace fairlead::presence {

Roster::Roster(Millis leave_grace, std::size_t remembered_max)
    : leave_grace_(leave_grace), remembered_max_(remembered_max) {}

std::optional<Change> Roster::open(UserId user, std::string_view session,
                                   std::string_view transport, Now now) {
  User& u = users_[user];
  const bool was_online = u.online();
  const auto number = number_of(transport);
  const auto id_hash = hash_of(session);
  if (auto* known = find(u, id_hash)) {
    known->transport = number;
  } else if (!u.has_session()) {
    u.first = {id_hash, number};
  } else {
    if (!u.more) u.more = std::make_unique<std::vector<Session>>();
    u.more->push_back({id_hash, number});
  }
  if (u.due != kNotLeaving) leaving_.erase({std::exchange(u.due, kNotLeaving), user});
  if (was_online) return std::nullopt;
  return Change{user, state(user, now.wall_ms)};
}

std::uint64_t Roster::hash_of(std::string_view session) {
  return std::hash<std::string_view>()(session) & kHashMask;
}

std::uint8_t Roster::number_of(std::string_view transport) {
  const auto at = std::ranges::find(transports_, transport);
  const auto place = static_cast<std::uint8_t>(at - transports_.begin());
  assert(place < 255);
  if (at == transports_.end()) transports_.emplace_back(transport);
  return place + 1;
}

Roster::Session* Roster::find(User& user, std::uint64_t id_hash) {
  if (user.has_session() && user.first.id_hash == id_hash) return &user.first;
  if (!user.more) return nullptr;
  const auto is_it = [id_hash](const Session& session) { return session.id_hash == id_hash; };
  const auto at = std::ranges::find_if(*user.more, is_it);
  return at == user.more->end() ? nullptr : &*at;
}

// The last one takes its place.
void Roster::take_out(User& user, Session* session) {
  if (!user.more) {
    user.first = {0, 0};
    return;
  }
  *session = user.more->back();
  user.more->pop_back();
  if (user.more->empty()) user.more = nullptr;
}

void Roster::close(UserId user, std::string_view session, Now now) {
  const auto it = users_.find(user);
  if (it == users_.end()) return;
  User& u = it->second;
  auto* closed = find(u, hash_of(session));
  if (closed == nullptr) return;
  take_out(u, closed);
  u.last_seen_ms = now.wall_ms;
  if (u.has_session()) return;
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

Status Roster::status(UserId user) const {
  const auto it = users_.find(user);
  if (it == users_.end() || !it->second.online()) return Status::kOffline;
  return away_.contains(user) ? Status::kAway : Status::kOnline;
}

State Roster::state(UserId user, std::int64_t wall_now_ms) const {
  State state;
  state.status = status(user);
  const auto it = users_.find(user);
  if (it == users_.end()) return state;
  const User& u = it->second;
  state.last_seen_at_ms = u.has_session() ? wall_now_ms : u.last_seen_ms;
  std::set<std::string> transports;
  if (u.has_session()) transports.insert(transports_[u.first.transport - 1]);
  if (u.more) {
    for (const auto& session : *u.more) transports.insert(transports_[session.transport - 1]);
  }
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
