#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/bytes.h"
#include "core/ids.h"
#include "core/result.h"
#include "hub/transport.h"
#include "hub/turn_times.h"
#include "log/writer.h"

namespace fairlead::hub {

class Shard;

// An event that is not in the log: at most once, no cursor (G5). `json` is the whole event.
struct Ephemeral {
  std::vector<RoomId> rooms;  // to the sessions in any of these, each once …
  UserId except;              // … but not to this user's
  Bytes json;
};

struct HubStats {
  std::uint64_t sessions = 0;     // with a connection
  std::uint64_t parked = 0;       // poll sessions between two polls
  std::uint64_t delivered = 0;    // events queued to sessions
  std::uint64_t fell_behind = 0;  // times a client read too slowly to stay live
  std::uint64_t ephemeral_dropped = 0;
  std::uint64_t resets = 0;
  std::uint64_t unproven = 0;
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

  // The log's subscriber: one batch to each shard.
  void deliver(const log::BatchPtr& batch);
  void deliver(Ephemeral event);

  // Ends every live session that was opened with the token / of the user / of that id, on this
  // node.
  void end_token(const std::string& token_id, EndReason reason);
  void end_user(UserId user, EndReason reason);
  void end_session(const std::string& session, EndReason reason);
  // The round trip over SSE: `word` is that of the session's hello. `done` on the shard's thread;
  // not_found if the session is not here or not this user's, bad_request if the word is another.
  void prove(UserId user, const std::string& session, const std::string& word,
             std::function<void(Result<void>)> done);

  // Where a session lives on this node; null: nowhere.
  Shard* find(const std::string& session) const { return place(session).shard; }

  // Shards only.
  struct Place {
    Shard* shard = nullptr;
    std::uint64_t key = 0;  // Session::key
    bool operator==(const Place&) const = default;
  };
  Place place(const std::string& session) const;
  // It is there from now on; returns where it was before (null: nowhere).
  Place claim(const std::string& session, Place place);
  // False: it has been claimed for another place meanwhile, and goes on there.
  bool release(const std::string& session, Place place);

  HubStats stats() const;
  // SIGTERM: every session gets its bye, spread over `over`; `done` when none is left (any thread).
  void drain(std::chrono::milliseconds over, std::function<void()> done);

 private:
  std::vector<Shard*> shards_;
  mutable std::mutex mutex_;
  // By a hash of the session's id, which half of it is random: of two that meet the later one would
  // end the other, which comes back.
  std::unordered_map<std::size_t, Place> where_;  // guarded by mutex_
};

}  // namespace fairlead::hub
