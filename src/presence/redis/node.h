#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/thread_role.h"
#include "presence/redis/link.h"
#include "presence/redis/live_sessions.h"
#include "presence/redis/question.h"

namespace fairlead::presence {

// This node's part in the shared map: it holds a lease, registers its open sessions under it,
// renews it, and takes a new one, registering everything again, whenever Redis or the lease was
// lost. In each renewal it also does what is due for others: reaps leases that ran out and ends
// graces. Loop's thread.
class Node {
 public:
  struct Events {
    std::function<void(bool)> healthy;  // true: registered, queries are answered from Redis
    std::function<void(Change)> change;
  };

  Node(redis::EventLoop& loop, const RedisOptions& options, const Clock& clock, Events events);

  void start();  // on the loop's thread
  // Takes the sessions out of the map, if it can be reached within the answer timeout. `done` once.
  void stop(std::function<void()> done);

  void open(UserId user, const std::string& session, const std::string& transport);
  void close(UserId user, const std::string& session);
  void set_away(UserId user, bool away);
  void flush();  // sends what these queued
  void query(const std::shared_ptr<Question>& question);

 private:
  struct Op {
    std::string_view kind;  // scripts::kOpen, …
    UserId user;
    std::string session;
    std::string transport;
  };
  enum class Phase : std::uint8_t { kAway, kLeasing, kRegistering, kHealthy, kStopping };

  void link_down();
  void take_lease();
  void leased(const redisReply& reply);
  void register_all(bool map_lost);
  void send_batch();
  void drop_old_leases();
  void drop(const std::string& lease, std::function<void(bool dropped)> done);
  void healthy();
  void tick();
  void schedule(Millis in);
  void enqueue(Op op);
  void query_page(const std::shared_ptr<Question>& question, std::size_t from);
  void change(const redisReply& fields);
  // True: `reply` is an `ok` to the present lease. Fenced: takes a new one.
  bool current(unsigned registration, const redisReply* reply);
  bool has_lease() const { return phase_ == Phase::kRegistering || phase_ == Phase::kHealthy; }
  bool settling();

  ThreadRole role_;
  redis::EventLoop& loop_;
  const RedisOptions& options_;
  const Clock& clock_;
  const Events events_;

  Phase phase_ = Phase::kAway;
  LiveSessions live_;
  std::set<UserId> away_;         // with sessions here: to be said again to a map that has lost it
  std::string lease_;             // the epoch of this node: named anew at each registration
  std::vector<std::string> old_;  // leases that still may hold sessions of ours
  unsigned registration_ = 0;     // answers to an older one are ignored
  std::string generation_;        // of the map; empty before the first lease
  std::uint64_t cursor_ = 0;      // number of the last change heard
  std::deque<Op> ops_;
  std::size_t batches_in_flight_ = 0;
  std::size_t to_register_ = 0;  // operations of the registration that are not yet acknowledged
  bool ticking_ = false;
  MonoTime tick_at_;
  MonoTime healthy_since_;
  std::int64_t nodes_ = 0;         // that are ready, as of the last tick
  std::int64_t nodes_before_ = 0;  // when the map was lost
  MonoTime all_noticed_at_;        // by then every node knows that the map was lost
  MonoTime settled_at_;            // ... and has registered again
  std::function<void()> stopped_;

  redis::LoopTimer tick_timer_;
  redis::LoopTimer stop_timer_;
  Link link_;  // last: its end answers what is pending
};

}  // namespace fairlead::presence
