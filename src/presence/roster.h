#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/ids.h"
#include "presence/presence.h"

namespace fairlead::presence {

// Who is here on one node, and the leave grace (G7), as a state machine without a thread or a
// clock: the caller says what time it is and announces the changes that come back. Not thread-safe.
class Roster {
 public:
  struct Now {
    MonoTime mono;             // for the grace
    std::int64_t wall_ms = 0;  // for last_seen
  };

  // `remembered_max`: how many offline users' last_seen is kept; the longest gone are forgotten
  // first.
  explicit Roster(Millis leave_grace, std::size_t remembered_max = 100'000);

  // `transport`: one of a few names. The user came online; nothing when they were online, or in
  // their grace.
  std::optional<Change> open(UserId user, std::string_view session, std::string_view transport,
                             Now now);
  // An unknown session changes nothing. The user goes offline by tick(), when the grace is over.
  void close(UserId user, std::string_view session, Now now);
  // Nothing if they were so before, or are not online.
  std::optional<Change> set_away(UserId user, bool away, Now now);
  // Those whose grace is over, in the order in which they left.
  Changes tick(MonoTime now);
  // When tick() has something to do; nullopt: nobody is leaving.
  std::optional<MonoTime> next_due() const;

  State state(UserId user, std::int64_t wall_now_ms) const;
  Status status(UserId user) const;
  std::size_t users() const { return users_.size(); }

 private:
  struct Session {
    Session(std::uint64_t hash, std::uint8_t number) : id_hash(hash & kHashMask), transport(number) {}
    std::uint64_t id_hash : 56;
    std::uint64_t transport : 8;  // its place in transports_, and one; 0: no session
  };
  static constexpr std::uint64_t kHashMask = ~std::uint64_t{0} >> 8;
  // As many as there are connections, and most of them with one session: kept small.
  struct User {
    Session first{0, 0};
    std::unique_ptr<std::vector<Session>> more;  // null: no others
    MonoTime due = kNotLeaving;                  // the end of the grace
    std::int64_t last_seen_ms = 0;               // of the last close
    bool has_session() const { return first.transport != 0; }
    bool online() const { return has_session() || due != kNotLeaving; }
  };
  static constexpr MonoTime kNotLeaving = MonoTime::max();

  static std::uint64_t hash_of(std::string_view session);
  std::uint8_t number_of(std::string_view transport);
  static Session* find(User& user, std::uint64_t id_hash);
  static void take_out(User& user, Session* session);
  void remember(UserId user, std::int64_t last_seen_ms);

  const Millis leave_grace_;
  const std::size_t remembered_max_;
  std::vector<std::string> transports_;  // those that were ever announced: a few
  std::unordered_map<UserId, User> users_;
  std::set<std::pair<MonoTime, UserId>> leaving_;
  std::set<UserId> away_;                             // of those who are online: few
  std::deque<std::pair<UserId, std::int64_t>> gone_;  // offline, longest gone first; may be stale
};

}  // namespace fairlead::presence
