#include "presence/redis/live_sessions.h"

namespace fairlead::presence {

LiveSessions::LiveSessions(std::size_t left_max) : left_max_(left_max) {}

void LiveSessions::open(UserId user, std::string_view session, std::string_view transport) {
  auto& sessions = users_[user].sessions;
  if (sessions.insert_or_assign(std::string(session), std::string(transport)).second) ++sessions_;
}

bool LiveSessions::close(UserId user, std::string_view session, MonoTime now) {
  const auto it = users_.find(user);
  if (it == users_.end()) return false;
  User& u = it->second;
  const auto closed = u.sessions.find(session);
  if (closed == u.sessions.end()) return false;
  u.sessions.erase(closed);
  --sessions_;
  if (!u.sessions.empty()) return true;
  u.left_at = now;
  left_.emplace_back(now, user);
  if (left_.size() > left_max_) {
    const auto longest = left_.front();
    left_.pop_front();
    forget(longest);
  }
  return true;
}

bool LiveSessions::is_here(UserId user) const {
  const auto it = users_.find(user);
  return it != users_.end() && !it->second.sessions.empty();
}

void LiveSessions::told_online(UserId user) {
  if (const auto it = users_.find(user); it != users_.end()) it->second.told_online = true;
}

void LiveSessions::told_offline(UserId user) {
  const auto it = users_.find(user);
  if (it == users_.end()) return;
  it->second.told_online = false;
  if (it->second.sessions.empty()) users_.erase(it);
}

void LiveSessions::forget_left(MonoTime before) {
  while (!left_.empty() && left_.front().first < before) {
    const auto longest = left_.front();
    left_.pop_front();
    forget(longest);
  }
}

void LiveSessions::forget(const std::pair<MonoTime, UserId>& left) {
  const auto it = users_.find(left.second);
  if (it != users_.end() && it->second.sessions.empty() && it->second.left_at == left.first) {
    users_.erase(it);
  }
}

void LiveSessions::for_each(const EachSession& each) const {
  for (const auto& [user, u] : users_) {
    for (const auto& [session, transport] : u.sessions)
      each(user, session, transport, u.told_online);
  }
}

void LiveSessions::for_each_left(const std::function<void(UserId)>& each) const {
  for (const auto& [user, u] : users_) {
    if (u.sessions.empty() && u.told_online) each(user);
  }
}

}  // namespace fairlead::presence
