#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/clock.h"
#include "core/counter.h"
#include "core/mailbox.h"
#include "core/slot_table.h"
#include "core/thread_role.h"
#include "hub/backlog.h"
#include "hub/control_events.h"
#include "hub/hub.h"
#include "hub/networks.h"
#include "hub/pace.h"
#include "hub/replay.h"
#include "hub/runs.h"
#include "hub/session.h"
#include "hub/turn_times.h"
#include "log/readers.h"
#include "log/tail.h"
#include "presence/presence.h"

namespace fairlead::hub {

// What every shard of a node needs to know; constant while shards run.
struct ShardSettings {
  std::string epoch;  // of the log
  std::string node;
  std::size_t outbox_bytes_max = limits::kOutboxBytesMax;
  std::chrono::milliseconds slow_timeout = limits::kSlowClientTimeout;
  std::chrono::milliseconds probe_timeout = limits::kProbeTimeout;
  std::chrono::milliseconds poll_session_life = limits::kPollSessionLife;
  // Whether a token has been logged out: asked again when a session begins, for its request was
  // checked on another thread, and end_token() may have passed this shard in between. Any thread;
  // empty: never.
  std::function<bool(const TokenMark& token)> token_ended = {};
  // Whether the key that vouches for a token has gone; asked when a session begins, as above, for
  // end_vouched() may have passed. Any thread; empty: never.
  std::function<bool(std::uint64_t key)> key_has_gone = {};
  // The word of a session's hello, as a number that is not negative. Any thread; empty: at random.
  std::function<std::int64_t(std::string_view session)> make_probe = {};
  // Whether a proof that an SSE client gave to another node gets here; who came when it did not is
  // not ended for want of one. Any thread; empty: always.
  std::function<bool()> proofs_arrive = {};
  std::chrono::milliseconds rounds_apart{0};  // of large rooms, at least (Pace)
  Networks* networks = nullptr;               // null: nobody wants to know
};

// One thread's share of the sessions: who is subscribed to what, who is live, who catches up. Knows
// no sockets: an engine (transport/…) owns the thread, runs the mailbox, calls tick(), and brings
// the Transports. Everything but post() and add_stats() is for that thread alone; there are no
// locks.
//
// shard.cpp: sessions come and go · polls.cpp: those that only poll · fan_out.cpp: events to live
// sessions · large_rooms.cpp: the same where these are many · catch_up.cpp: the log to those behind
// · upkeep.cpp: heartbeats, proofs, slow clients, drain.
class Shard {
 public:
  // `head`: the end of the log now; deliver() goes on from there. `wake`: makes the engine call
  // run_mailbox() soon; from any thread.
  Shard(Hub& hub, log::Readers& readers, presence::Map& presence, const Clock& clock,
        ShardSettings settings, LogPosition head, std::function<void()> wake);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // Everything that may queue bytes runs inside a Turn; the outermost one flushes at its end
  // (hub/turn.h). An engine makes one around whatever happens at a time.
  class Turn;

  // --- any thread
  bool post(Mailbox::Task task) { return mailbox_.post(std::move(task)); }
  bool post_news(Mailbox::Task task) { return news_.post(std::move(task)); }
  void add_stats(HubStats& sum) const;

  // --- the engine, on the shard's thread
  void bind_thread(const char* name) { role_.bind(name); }
  void run_mailbox();
  // Whether an engine that has much else to do should run the mailbox amid that: between turns.
  bool is_late() const {
    return turn_depth_ == 0 && clock_.mono() - mailbox_ended_ >= kMailboxEvery;
  }
  // When run_mailbox() is due though nobody wakes the engine; to be asked after each turn with one.
  std::optional<MonoTime> resumes_at() const;
  void tick();  // heartbeats, probes, slow clients, parked polls, drain
  // From one tick() to the next; longer as long as there is nobody to look after.
  std::chrono::milliseconds tick_pause() const { return sessions_.empty() ? kIdleTick : kTick; }
  static constexpr std::chrono::milliseconds kTick{20};
  static constexpr std::chrono::milliseconds kIdleTick{200};

  // A new connection; a session that is already here or elsewhere goes on over this one, its old
  // connection ended with `superseded`. hello and what follows leave through `transport`. The
  // session stays valid until gone(), or until its transport's end() is called.
  Session* open(OpenRequest request, Transport* transport);
  // One poll. Like open(), but a session that is known, or a request with a cursor, gets no hello
  // (unless its cursor must be reset) and waits for events behind the cursor.
  Session* poll(OpenRequest request, Transport* transport);
  // One more poll of the session with this key, as it was when its `uses` had that value, with the
  // same parameters but for the cursor. Null: that is not so simple, or no longer so; nothing has
  // been done, poll() is needed.
  Session* poll_again(std::uint64_t key, std::uint32_t uses, std::string_view cursor,
                      Transport* transport);
  void answered(Session* session);  // a poll answered on its own account (its time was up), with
                                    // all that was pending
  void writable(Session* session);  // after Flush::kBlocked
  void gone(Session* session);      // the client has left: forget the transport (a poll's session
                                    // parks)
  void cut(Session* session);  // the same, without a word: something on the way may have done it
  // Orderly: what can still be written, bye, close.
  void end(Session* session, EndReason reason, std::int64_t reconnect_in_ms = 0);
  bool prove(Session* session, std::string_view word);  // false: another word
  // To this session alone, behind what is queued; `json` is a whole event.
  void send(Session* session, const std::string& json);
  void reauthenticate(Session* session, const TokenAsked& token);
  // Where the session stands: every event for it up to this cursor has been queued.
  std::string cursor_of(const Session& session) const;
  std::string cursor_at(LogPosition position) const;
  Session* find(std::string_view id);
  // Another node has had its client since then (Unix ms).
  void end_if_older(std::string_view session, std::int64_t than_us);
  Session* find(std::uint64_t key);

  // --- posted by the hub
  void deliver(const log::BatchPtr& batch);
  void deliver(const Ephemeral& event);
  void begin_anew(LogPosition head);
  void end_where(const std::function<bool(const Session&)>& which, EndReason reason);
  // Ends all sessions with `restart`, a slice a tick, and refuses new ones; `done` when none is
  // left.
  void drain(std::chrono::milliseconds over, std::function<void()> done);
  void close();  // the engine stops: sessions are dropped, posts are refused

 private:
  static constexpr std::chrono::milliseconds kMailboxEvery{1};
  static constexpr std::size_t kSlots = 50;  // upkeep looks at each session once in kSlots ticks

  struct Snapshot {  // what a session needs from the store to begin
    std::optional<User> user;
    std::vector<store::Membership> memberships;
    LogPosition head;
    LogPosition floor;
  };
  struct Unread {  // waits for its snapshot to be asked for
    std::uint64_t session;
    UserId user;
  };
  struct Counters {
    Counter sessions, parked, delivered, fell_behind, ephemeral_dropped, resets, slow_closed;
    TurnTimes turns;
  };
  struct Undelivered {
    log::BatchPtr batch;
    std::size_t next;  // the events before it are in the tail
  };
  using Rank = FlushQueue::Rank;

  // shard.cpp
  std::vector<Session*>& slot_of(const Session& session) {
    return slots_[SlotTable<Session>::number_of(session.key) % kSlots];
  }
  Session* enter(OpenRequest request, Transport* transport, TransportKind kind);
  void go_on(Session& session, LogPosition position);
  std::string presence_name(const Session& session) const;
  void take(Session& session, const TokenAsked& token);
  void take_snapshot(Session& session);  // at the end of the turn
  void read_snapshots();
  void opened(Session& session, Snapshot snapshot);
  bool load(UserEntry& user, Snapshot& snapshot);
  void begin(Session& session, LogPosition head, LogPosition floor);
  void attach_to_rooms(Session& session);
  void leave_room(Session& session, RoomId room);
  std::optional<LogPosition> in_tail(
      std::string_view wire) const;  // no read is needed to go on from this cursor
  std::optional<EndReason> end_of(const TokenAsked& token) const;
  bool logged_out(const TokenMark& token) const;
  void remove(Session* session);

  // polls.cpp
  Session* spare_for(const OpenRequest& request);
  void unpark(Session& session, Transport* transport);
  void park(Session& session);
  void settle(Session& session);
  void keep_ephemerals(Session& session);

  // fan_out.cpp
  bool has_worked_long() const;
  void deliver_some();
  void fan_out(std::span<const store::EventPtr> events);
  bool give(Session& session, Stretch& stretch);  // true: it has it, and is to be flushed
  // Not live any longer, if it was: it goes on from the log, with the first event that it has not
  // been given, at the latest with `next` (G6).
  void leave_live(Session& session, LogPosition next);
  void apply_membership(const store::Event& event);
  void apply_to(UserEntry& user, const store::Event& event);
  void queue_own(Session& session, std::string_view json, bool control = false);
  void touch(Session& session, Rank rank);
  void leave_queue(Session& session);
  void end_turn();
  void flush_some(Rank rank, MonoTime until);  // at least one
  void flush(Session& session);
  Transport::Flush write(Session& session);
  FlushQueue& queue(Rank rank) { return queues_[static_cast<std::size_t>(rank)]; }
  const FlushQueue& queue(Rank rank) const { return queues_[static_cast<std::size_t>(rank)]; }

  // large_rooms.cpp
  Backlog* backlog_of(RoomId room);  // null: it has none
  bool has_backlog(RoomId room) { return backlog_of(room) != nullptr; }
  void give_later(RoomId room, std::span<const store::EventPtr> events);
  LogPosition given_up_to() const;  // by everybody who is live and whom it is for
  // Whether the session is live, but must be given something else before the stretch's last event.
  bool is_owed_before(const Session& session, const Stretch& stretch) const;
  void write_to_large_rooms(MonoTime until);
  bool begin_round(MonoTime now);
  bool begin_spread();
  void spread_on();
  void end_spread();
  void note_witness(Session& session);
  bool is_proxy_behind() const;

  // catch_up.cpp
  void advance(Session& session);
  void give_own(Session& session, std::size_t frames);
  void give_shared(Session& session, const Replay::Piece& piece);
  void read_page(Session& session);
  void page_read(Session& session, LogPosition after, Result<store::Page> page);
  bool sees(const Session& session, const store::Event& event) const;
  bool is_shared(const store::Event& event, TransportKind kind) const;
  bool is_good_for(const Session& session, const Replay::Piece& piece) const;
  bool wants(const Session& session, RoomId room) const;

  // upkeep.cpp
  void look_after(Session& session);
  void send_second_probes();
  void end_unproven();
  void drain_slice();

  Hub& hub_;
  log::Readers& readers_;
  presence::Map& presence_;
  const Clock& clock_;
  const ShardSettings settings_;
  const std::function<void()> wake_;
  Mailbox news_;  // from the log, and ephemeral events: before everything else, so that a storm
                  // does not hold them up
  Mailbox mailbox_;
  ThreadRole role_;

  log::Tail tail_;
  Runs runs_;             // outlives the sessions, which hold stretches of it
  Replay replay_{tail_};  // the same
  SlotTable<Session> sessions_;
  std::unordered_map<UserId, UserEntry> users_;
  std::unordered_map<RoomId, std::vector<Session*>> rooms_;
  std::array<std::vector<Session*>, kSlots> slots_;
  std::deque<std::pair<MonoTime, std::uint64_t>> second_probes_;  // due, session key
  std::deque<std::pair<MonoTime, std::uint64_t>> unproven_;       // the same, of their ends
  std::optional<MonoTime> proofs_lost_at_;                        // when none could arrive, last
  std::vector<Unread> unread_;
  std::deque<Undelivered> undelivered_;
  std::array<FlushQueue, 2> queues_;   // by rank
  std::deque<Backlog> backlogs_;       // of large rooms; the first one is being spread
  std::optional<Spread> spread_;       // its front, under way
  Pace pace_{settings_.rounds_apart};  // of the rounds in which each backlog is spread once
  std::size_t spreads_left_ = 0;       // in this round
  std::size_t events_in_round_ = 0;    // for one session, at most
  std::uint64_t witness_ = 0;          // key of the session that tells how far a proxy is
  std::string scratch_;                // frames on their way to one session
  std::uint64_t delivered_ = 0;        // in this turn
  bool in_mailbox_ = false;            // this turn is run_mailbox()'s
  bool mailbox_has_more_ = false;      // than this turn's share of the thread allowed
  bool goes_on_ = false;               // has woken itself for what is left
  std::uint32_t round_ = 0;            // marks whom an ephemeral event has reached
  std::size_t tick_ = 0;
  int turn_depth_ = 0;
  MonoTime now_;
  std::optional<std::chrono::nanoseconds> cpu_began_;  // of a turn that is for many
  MonoTime mailbox_ended_{};
  MonoTime mailbox_began_{};  // run_mailbox(): its share of a turn that others began
  bool closed_ = false;

  std::function<void()> drained_;
  std::chrono::milliseconds drain_over_{0};
  bool drain_reported_ = false;

  Counters counters_;
};

}  // namespace fairlead::hub
