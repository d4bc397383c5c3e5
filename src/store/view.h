#pragma once

#include <optional>
#include <stdexcept>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "protocol/model.h"
#include "store/event.h"

namespace fairlead::store {

// The store cannot do its work (disk full, I/O error, locked for too long). Thrown by View, Transaction
// and Store; the log's writer and readers turn it into `store_unavailable`. Never shown to clients.
class StoreFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The file is not what it should be: no use trying again.
class StoreDamaged : public StoreFailure {
 public:
  using StoreFailure::StoreFailure;
};

// Whoever asked for it has had enough.
class StoreInterrupted : public StoreFailure {
 public:
  using StoreFailure::StoreFailure;
};

// A time (in log positions) in which a user was in a room, both ends included: `since` is their
// member.joined, `until` their member.left (or the room.deleted).
struct Interval {
  LogPosition since;
  LogPosition until;
};

// Members see the room's events of every time they were in it; who has left sees only how it ended.
inline bool sees(LogPosition since, std::span<const Interval> earlier, LogPosition position) {
  for (const auto& time : earlier) {
    if (position == time.until) return true;
    if (since && position >= time.since && position < time.until) return true;
  }
  return since && position >= since;
}

// All that decides which events of a room a user sees (docs/PROTOCOL.md, "Who sees what").
struct Membership {
  RoomId room;
  LogPosition since;              // of the present membership; 0: not a member now
  std::vector<Interval> earlier;  // memberships that ended, oldest first

  bool sees(LogPosition position) const { return store::sees(since, earlier, position); }
};

// What one reader of the log gets in one go.
struct Page {
  std::vector<EventPtr> events;       // in log order, each visible to the user
  LogPosition position;               // everything up to here has been looked at
  LogPosition head;                   // the end of the log in this snapshot
  bool complete() const { return position == head; }
};

struct PageLimits {
  std::size_t events;
  std::size_t bytes;  // of JSON; at least one event is returned whatever its size
};

struct RoomSummary {                  // one of /sync's rooms
  SeenRoom seen;
  std::optional<Message> last_message;
  std::int64_t unread_count = 0;      // messages by others after the last one read (or after the join)
  std::int64_t mention_count = 0;
  MessageId last_read_message_id;     // 0: none
};

struct HistoryQuery {                 // at most one of before, after, around
  MessageId before;                   // exclusive
  MessageId after;                    // exclusive
  MessageId around;                   // in the middle of the page if it exists
  std::size_t limit = 50;
};

struct History {
  std::vector<Message> messages;      // oldest first
  bool has_more = false;              // in the direction asked for (towards older for none and around)
};

// A message as far as search wants to know it.
struct Said {
  MessageId id;
  RoomId room;
  std::string text;
};

// One consistent snapshot of the store. Blocking (disk); used by one thread at a time: the log's
// writer (inside its transaction) or one reader. Each method may throw StoreFailure.
class View {
 public:
  virtual ~View() = default;

  // --- the log
  virtual LogPosition head() = 0;   // of the newest event; 0: empty
  virtual LogPosition floor() = 0;  // events at or below were pruned; cursors below it are too old
  // Everything in (after, to], at most `max` events: for those that follow the whole log.
  virtual std::vector<EventPtr> events(LogPosition after, LogPosition to, std::size_t max) = 0;
  // What `user` sees after `after`: events of rooms by Membership::sees, and what is only for them.
  virtual Page page(UserId user, LogPosition after, PageLimits limits) = 0;
  virtual std::vector<Membership> memberships(UserId user) = 0;  // rooms left included

  // --- accounts
  virtual std::optional<User> user(UserId id) = 0;
  virtual std::optional<User> user_by_name(std::string_view name) = 0;
  virtual std::optional<std::string> password_hash(UserId id) = 0;
  // Who `subject` of an external issuer is here.
  virtual std::optional<UserId> external_account(std::string_view issuer,
                                                 std::string_view subject) = 0;
  // Name or display name begins with `prefix` (ASCII case folded), by name.
  virtual std::vector<User> find_users(std::string_view prefix, std::size_t limit) = 0;
  virtual bool token_revoked(std::string_view token_id) = 0;
  virtual std::vector<std::string> revoked_tokens() = 0;  // not yet expired: for the cache at start
  // A value made once and kept (secrets, the log's epoch); empty if there is none.
  virtual std::string setting(std::string_view key) = 0;

  // --- rooms
  virtual std::optional<Room> room(RoomId id) = 0;
  virtual std::optional<SeenRoom> seen_room(RoomId id, UserId by) = 0;
  virtual std::optional<Role> role(RoomId room, UserId user) = 0;  // nullopt: not a member
  // As in Member, but also of those who have left.
  virtual std::int64_t muted_until_ms(RoomId room, UserId user) = 0;
  virtual std::vector<RoomSummary> rooms_of(UserId user) = 0;      // by name
  // A page of them, by id: those behind `after`, at most `limit`.
  virtual std::vector<RoomSummary> rooms_of(UserId user, RoomId after, std::size_t limit) = 0;
  virtual std::vector<Room> public_rooms(std::size_t limit) = 0;   // by name, deleted ones left out
  virtual std::vector<Member> members(RoomId room, std::size_t limit) = 0;  // by user name
  virtual std::optional<Member> member(RoomId room, UserId user) = 0;
  // Of all but `user`, the member of the highest role, and of these the one who came first.
  virtual std::optional<Member> heir(RoomId room, UserId user) = 0;
  virtual std::vector<UserId> member_ids(RoomId room, std::size_t limit) = 0;  // by id: much cheaper
  virtual std::optional<Room> direct_room(UserId a, UserId b) = 0;
  // Users that share a room with `user`, each once, without `user`; at most `limit`.
  virtual std::vector<UserId> acquaintances(UserId user, std::size_t limit) = 0;

  // --- messages (reactions as `viewer` sees them)
  virtual std::optional<Message> message(RoomId room, MessageId id, UserId viewer) = 0;
  struct Pace {
    std::int64_t slow_mode_s;
    std::int64_t last_sent_at_ms;  // the author's newest message there, deleted or not; 0: none
  };
  // How fast `author` may send; nullopt: the room has no slow mode.
  virtual std::optional<Pace> pace(RoomId room, UserId author) = 0;
  virtual History history(RoomId room, const HistoryQuery& query, UserId viewer) = 0;
  // What waits for `user` in the rooms that they are in, unread as RoomSummary counts it: mentions
  // of them, and what others wrote in direct rooms. Before `before` (0: all), newest first.
  virtual History inbox(UserId user, MessageId before, std::size_t limit) = 0;
  // Over all rooms, in the order of their ids: those in (after, to] that are not deleted.
  virtual std::vector<Said> said(MessageId after, MessageId to, std::size_t limit) = 0;
  struct NonceUse {
    Message message;
    std::string fingerprint;  // of the request that used it
  };
  virtual std::optional<NonceUse> nonce_use(UserId author, std::string_view nonce) = 0;
};

}  // namespace fairlead::store
