#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/inline_text.h"
#include "core/limits.h"
#include "core/network.h"
#include "hub/flush_queue.h"
#include "hub/memberships.h"
#include "hub/networks.h"
#include "hub/outbox.h"
#include "hub/transport.h"
#include "protocol/ids.h"
#include "protocol/model.h"

namespace fairlead::hub {

// The token that a client has shown.
struct TokenAsked {
  TokenMark mark;
  std::int64_t expires_at_ms = 0;
  std::uint64_t key = 0;  // an external issuer's, that vouches for it; 0: none
};

// What a client asks for when it connects, already authenticated and checked.
struct OpenRequest {
  static constexpr std::uint16_t kNoFramesMax = 0xffff;
  UserId user;
  TokenAsked token;
  std::string session;  // this user's, made or taken over; never empty
  bool session_is_new = true;
  std::optional<std::string> cursor;  // absent: from now
  int heartbeat_s = limits::kHeartbeatDefault_s;
  std::vector<RoomId> rooms;                // empty: all of the user's rooms
  bool ephemeral = true;                    // events=all
  std::uint16_t frames_max = kNoFramesMax;  // poll: events in one answer
  bool probe = true;                        // false: probe=0
  Network network;
  std::uint8_t padding_kib = 0;                 // SSE: in front of the first event
  std::optional<TransportKind> fell_back_from;  // what the client has given up
  Cause fell_back_cause = Cause::kOther;
  std::shared_ptr<const void> arrival = {};  // let go when the session has begun, or is refused

  // A poll that brings only a cursor: its session would be found by nobody again.
  bool is_cursor_only() const { return session_is_new && cursor.has_value(); }
};

struct Session;

// The sessions of one user, linked through themselves: most users have one. One thread: the
// shard's.
class SessionList {
 public:
  class Iterator;
  Iterator begin() const;
  Iterator end() const;
  void add(Session& session);
  void remove(Session& session);
  std::size_t size() const { return size_; }

 private:
  Session* first_ = nullptr;
  std::size_t size_ = 0;
};

// One user with a session on this shard: what they see, and where it goes. As many as there are
// connections: kept small.
struct UserEntry {
  User profile;
  bool loaded = false;
  LogPosition as_of;  // memberships hold every change up to here (at least to the shard's head)
  Memberships memberships;
  SessionList sessions;
  // Keys of nameless sessions, parked when they were put here; null: there never were any.
  std::unique_ptr<std::vector<std::uint64_t>> spares;
};

// One reader of the log on its way to one client. A plain record: the shard owns it and does
// everything with it, on its thread. Kept small: there may be tens of thousands.
struct Session {
  enum class State : std::uint8_t {
    kOpening,     // waits for its snapshot of the store
    kCatchingUp,  // reads the log from `position`; a store read may be under way
    kLive,        // stands at the shard's head: gets events as they come
    kParked,      // a poll session between two polls: no transport, keeps ephemeral events
  };

  // What a delivery looks at stands together.
  std::uint64_t key = 0;           // names it in posted tasks: never reused, unlike its address
  Transport* transport = nullptr;  // null: parked
  Outbox outbox;
  LogPosition position;  // not live: everything up to here was queued or is not for it
  LogPosition sent;      // the last durable event queued (or where it started): `head`
  MonoTime last_queued;  // for the heartbeat
  UserEntry* user = nullptr;
  State state = State::kOpening;
  TransportKind kind = TransportKind::kWebSocket;
  WireForm form = WireForm::kWebSocket;
  FlushQueue::Rank queue = FlushQueue::Rank::kNone;  // waits there to be flushed
  std::uint16_t frames_max = OpenRequest::kNoFramesMax;
  bool news : 1 = false;     // has been given something else than hello and probe
  bool blocked : 1 = false;  // the transport said kBlocked
  bool lags : 1 = false;     // what was written to it waited longer than a proxy is waited for

  bool ephemeral : 1 = true;
  bool proven : 1 = false;
  bool nameless : 1 = false;  // polls with only a cursor: whichever comes next may use it
  bool is_spare : 1 = false;  // its key is in UserEntry::spares
  bool attached : 1 = false;  // has begun: in the room index and in presence
  bool reading : 1 = false;   // a store read for it is under way
  bool vouched : 1 = false;   // its token is an external issuer's
  std::uint8_t heartbeat_s = limits::kHeartbeatDefault_s;
  std::uint8_t padding_kib = 0;  // OpenRequest::padding_kib
  std::uint32_t uses = 0;        // polls so far: tells whether it is still as one left it
  std::uint32_t round = 0;       // of the last ephemeral event that reached it
  std::uint32_t slot_index = 0;  // in the shard's slot of sessions to look after
  Network network;
  std::int64_t came_at_us = 0;  // its client, last: Unix time; may move on within a millisecond
  FlushQueue::Place place = 0;  // in its queue
  LogPosition acknowledged;     // poll: the cursor that the client came with last
  MonoTime since;               // it is blocked (for 4008), or parked
  TokenMark token;
  std::int64_t token_expires_at_ms = 0;
  std::int64_t probe = 0;  // probe_word() as a number

  std::string probe_word() const { return protocol::base32(probe); }
  // A poll's: no further event fits into its answer, beside `more` that are about to be given.
  bool is_full(std::size_t more = 0) const { return outbox.frames() + more >= frames_max; }

  struct Opening {
    std::optional<std::string> cursor;
    std::optional<TransportKind> fell_back_from;
    Cause fell_back_cause;
    bool session_is_new;
    std::shared_ptr<const void> arrival;

    static std::unique_ptr<Opening> of(OpenRequest& request) {
      return std::make_unique<Opening>(Opening{std::move(request.cursor), request.fell_back_from,
                                               request.fell_back_cause, request.session_is_new,
                                               std::move(request.arrival)});
    }
  };
  std::unique_ptr<Opening> opening;           // until it has begun
  std::unique_ptr<std::vector<RoomId>> only;  // narrowed to these
  Session* next = nullptr;                    // of the same user (SessionList)
  Session* before = nullptr;
  InlineText<limits::kSessionIdBytesMax> id;  // s_…
};
static_assert(sizeof(Session) <= 256, "an allocator's next size is 320");

inline std::uint64_t key_of(const Session& session) {
  return session.key;
}

class SessionList::Iterator {
 public:
  explicit Iterator(Session* at) : at_(at) {}
  Session* operator*() const { return at_; }
  Iterator& operator++() {
    at_ = at_->next;
    return *this;
  }
  bool operator==(const Iterator&) const = default;

 private:
  Session* at_;
};

inline SessionList::Iterator SessionList::begin() const {
  return Iterator(first_);
}
inline SessionList::Iterator SessionList::end() const {
  return Iterator(nullptr);
}
inline void SessionList::add(Session& session) {
  session.next = first_;
  if (first_ != nullptr) first_->before = &session;
  first_ = &session;
  ++size_;
}
inline void SessionList::remove(Session& session) {
  (session.before != nullptr ? session.before->next : first_) = session.next;
  if (session.next != nullptr) session.next->before = session.before;
  session.next = session.before = nullptr;
  --size_;
}

}  // namespace fairlead::hub
