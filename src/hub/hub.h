#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/ids.h"
#include "core/result.h"
#include "hub/transport.h"
#include "hub/turn_times.h"
#include "log/writer.h"
#include "protocol/ephemeral.h"

namespace fairlead::hub {

class Shard;
struct Session;

struct HubStats {
  std::uint64_t sessions = 0;     // with a connection
  std::uint64_t parked = 0;       // poll sessions between two polls
  std::uint64_t delivered = 0;    // events queued to sessions
  std::uint64_t fell_behind = 0;  // times a client read too slowly to stay live
  std::uint64_t ephemeral_dropped = 0;
  std::uint64_t resets = 0;
  std::uint64_t slow_closed = 0;
  TurnTimes::Sum turns;  // how long shards held their threads at a time
};

// All shards of this node as one: what is not done on a shard's own thread goes through here.
// Thread-safe; no method blocks.
class Hub {
 public:
  // Before anything runs; constant afterwards. Shards outlive the hub's use.
  void add(Shard* shard);
  const std::vector<Shard*>& shards() const { return shards_; }

  // Before anything runs: how other nodes hear of what announce() is given, and of clients that go
  // on here with a session of theirs (SessionMoved). Any thread; must not block.
  struct Others {
    std::function<void(const Ephemeral&)> announce;
    std::function<void(const std::string& session)> session_is_here;
    // A proof for what is not on this node. False: nobody can be told of it, or it is
    // nobody's.
    std::function<bool(UserId, const std::string& session, const std::string& word)> prove;
  };
  void set_others(Others others) { others_ = std::move(others); }

  // The log's subscriber: one batch to each shard.
  void deliver(const log::BatchPtr& batch);
  // Its events up to there have got lost: all sessions end, come back, and find out what is gone.
  void begin_anew(LogPosition head);
  void deliver(Ephemeral event);   // to this node's sessions
  void announce(Ephemeral event);  // to those of all nodes

  // Ends every live session that was opened with the token / of the user / of that id, on this
  // node, before it gets anything of what is delivered later.
  void end_token(const TokenMark& token, EndReason reason);
  void end_vouched(EndReason reason);  // all whose token an external issuer has made
  void end_user(UserId user, EndReason reason);
  void end_session(const std::string& session, EndReason reason);
  // The session's client is with another node since then (Unix time, microseconds): what is left of
  // it here ends, unless it has come back meanwhile.
  void end_if_older(const std::string& session, std::int64_t than_us);
  // The round trip over SSE: `word` is that of the session's hello. `done` on the shard's thread;
  // not_found if the session is not this user's, bad_request if the word is another. If the session
  // is not here, or here is what it was before it moved, the others are told, and what they say of
  // it is not waited for.
  void prove(UserId user, const std::string& session, const std::string& word,
             std::function<void(Result<void>)> done);
  // The same for what another node was told.
  void prove_here(UserId user, const std::string& session, const std::string& word);

  // Where a session lives on this node; null: nowhere.
  Shard* find(std::string_view session) const { return place(session).shard; }

  // Shards only.
  struct Place {
    Shard* shard = nullptr;
    std::uint64_t key = 0;  // Session::key
    bool operator==(const Place&) const = default;
  };
  Place place(std::string_view session) const;
  // It is there from now on; returns where it was before (null: nowhere).
  Place claim(std::string_view session, Place place);
  // A client came with a session that it had before: others may still have it.
  void session_is_here(std::string_view session) const;
  // False: it has been claimed for another place meanwhile, and goes on there.
  bool release(std::string_view session, Place place);

  HubStats stats() const;
  // SIGTERM: every session gets its bye, spread over `over`; `done` when none is left (any thread).
  void drain(std::chrono::milliseconds over, std::function<void()> done);

 private:
  void end_where(const std::function<bool(const Session&)>& which, EndReason reason);

  enum class Proof { kRight, kWrong, kNotTheirs };
  using Judged = std::function<void(Proof)>;
  // False: it is not here, and `judged` is not called.
  bool post_proof(UserId user, const std::string& session, const std::string& word,
                  const Judged& judged);

  std::vector<Shard*> shards_;
  Others others_;  // constant once something runs
  mutable std::mutex mutex_;
  // By a hash of the session's id, which half of it is random: of two that meet the later one would
  // end the other, which comes back.
  std::unordered_map<std::size_t, Place> where_;  // guarded by mutex_
};

}  // namespace fairlead::hub
