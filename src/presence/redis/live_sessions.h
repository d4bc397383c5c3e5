#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/clock.h"
#include "core/ids.h"

namespace fairlead::presence {

// The sessions that are open on this node, whatever Redis says: what the node registers when it
// begins, when Redis has lost its memory, and when its lease was taken. Also who left not long ago,
// and whom the other users believe to be online, so that registering again announces nothing twice.
// No thread of its own.
class LiveSessions {
 public:
  // `left_max`: users without a session who are remembered; the longest gone are forgotten first.
  explicit LiveSessions(std::size_t left_max = 100'000);

  void open(UserId user, std::string_view session, std::string_view transport);
  bool close(UserId user, std::string_view session, MonoTime now);  // false: it was not open

  bool is_here(UserId user) const;

  // What the others have been told.
  void told_online(UserId user);
  void told_offline(UserId user);

  // Who left before `before` needs no goodbye from this node any more.
  void forget_left(MonoTime before);

  using EachSession = std::function<void(UserId, const std::string& session,
                                         const std::string& transport, bool told_online)>;
  void for_each(const EachSession& each) const;
  // Users without a session whom the others believe to be online.
  void for_each_left(const std::function<void(UserId)>& each) const;

  std::size_t sessions() const { return sessions_; }

 private:
  struct User {
    std::map<std::string, std::string, std::less<>> sessions;  // id -> transport
    bool told_online = false;
    MonoTime left_at;
  };

  void forget(const std::pair<MonoTime, UserId>& left);

  const std::size_t left_max_;
  std::unordered_map<UserId, User> users_;
  std::deque<std::pair<MonoTime, UserId>> left_;  // in order; may be stale
  std::size_t sessions_ = 0;
};

}  // namespace fairlead::presence
