#include "presence/redis/node.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/log_line.h"
#include "presence/redis/reply.h"
#include "redis/names.h"

namespace fairlead::presence {
namespace {

using scripts::Script;

constexpr std::size_t kBatchOps = 128;  // bounds how long one script holds Redis (about 2 ms)
constexpr std::size_t kBatchesInFlight = 4;
constexpr std::size_t kOpsMax = 100'000;  // waiting; beyond: Redis is too slow, which is away
constexpr std::size_t kOldLeasesMax = 8;  // the older ones just run out

}  // namespace

Node::Node(redis::EventLoop& loop, const RedisOptions& options, const Clock& clock, Events events)
    : loop_(loop),
      options_(options),
      clock_(clock),
      events_(std::move(events)),
      tick_timer_(loop, [this] { tick(); }),
      stop_timer_(loop,
                  [this] {
                    if (stopped_) std::exchange(stopped_, nullptr)();
                  }),
      link_(loop, options,
            {[this] { take_lease(); }, [this] { link_down(); },
             [this](std::uint64_t number, const redisReply& fields) {
               cursor_ = number;
               change(fields);
             }}) {}

void Node::start() {
  role_.bind("presence");
  link_.start();
}

void Node::open(UserId user, const std::string& session, const std::string& transport) {
  role_.assert_here();
  live_.open(user, session, transport);
  enqueue({scripts::kOpen, user, session, transport});
}

void Node::close(UserId user, const std::string& session) {
  role_.assert_here();
  if (live_.close(user, session, loop_.now())) enqueue({scripts::kClose, user, session, {}});
}

void Node::set_away(UserId user, bool away) {
  role_.assert_here();
  if (!away) {
    away_.erase(user);
  } else if (live_.is_here(user)) {
    away_.insert(user);
  }
  enqueue({away ? scripts::kAway : scripts::kBack, user, {}, {}});
}

// Without a lease nothing need be queued: the registration to come takes it from live_ and away_.
void Node::enqueue(Op op) {
  if (!has_lease()) return;
  ops_.push_back(std::move(op));
  if (ops_.size() > kOpsMax + live_.sessions()) link_.fail("too slow");
}

void Node::flush() {
  while (has_lease() && !ops_.empty() && batches_in_flight_ < kBatchesInFlight) send_batch();
}

void Node::link_down() {
  if (phase_ == Phase::kStopping) return;
  phase_ = Phase::kAway;
  ++registration_;
  ops_.clear();
  tick_timer_.stop();
  events_.healthy(false);
}

bool Node::current(unsigned registration, const redisReply* reply) {
  if (!reply || registration != registration_) return false;
  if (word_of(*reply) != "fenced") return true;
  if (phase_ != Phase::kStopping) {
    log_info("presence_fenced lease={}", lease_);
    take_lease();
  }
  return false;
}

void Node::take_lease() {
  phase_ = Phase::kLeasing;
  events_.healthy(false);
  if (!lease_.empty()) old_.push_back(lease_);
  if (old_.size() > kOldLeasesMax) old_.erase(old_.begin());
  lease_ = fresh_lease(options_.node);
  ops_.clear();
  batches_in_flight_ = 0;
  ticking_ = false;
  tick_timer_.stop();
  const unsigned registration = ++registration_;
  link_.call(Script::kLease, lease_, {generation_, std::to_string(cursor_), redis::fresh_name()},
             [this, registration](const redisReply* reply) {
               if (current(registration, reply)) leased(*reply);
             });
}

void Node::leased(const redisReply& reply) {
  const std::string generation = string_at(reply, 1);
  const bool first = generation_.empty();
  const bool map_lost = !first && generation != generation_;
  generation_ = generation;
  if (map_lost) {
    nodes_before_ = std::max(nodes_, settling() ? nodes_before_ : 0);
    all_noticed_at_ = loop_.now() + renew_interval(options_) + options_.answer_timeout;
    settled_at_ = loop_.now() + options_.lease_ttl;
  }
  if (first || map_lost) cursor_ = static_cast<std::uint64_t>(int_at(reply, first ? 3 : 2));
  link_.follow(cursor_);
  nodes_ = int_at(reply, 4);
  register_all(map_lost);
}

// What the others believe survives a map that does not: whom they were told is online is not
// announced again, and who left meanwhile gets a grace.
void Node::register_all(bool map_lost) {
  phase_ = Phase::kRegistering;
  live_.for_each(
      [&](UserId user, const std::string& session, const std::string& transport, bool told) {
        const auto kind = map_lost && told ? scripts::kQuiet : scripts::kAgain;
        ops_.push_back({kind, user, session, transport});
      });
  if (map_lost)
    live_.for_each_left([&](UserId user) { ops_.push_back({scripts::kLeft, user, {}, {}}); });
  for (const UserId user : away_) ops_.push_back({scripts::kAway, user, {}, {}});
  to_register_ = ops_.size();
  log_info("presence_registering lease={} sessions={} map_lost={}", lease_, live_.sessions(),
           map_lost);
  schedule(renew_interval(options_));
  if (to_register_ == 0) return drop_old_leases();
  flush();
}

void Node::send_batch() {
  std::vector<std::string> arguments;
  std::vector<UserId> opened;
  const std::size_t count = std::min(ops_.size(), kBatchOps);
  arguments.reserve(count * 4);
  for (std::size_t i = 0; i < count; ++i) {
    Op op = std::move(ops_.front());
    ops_.pop_front();
    const bool opens =
        op.kind == scripts::kOpen || op.kind == scripts::kAgain || op.kind == scripts::kQuiet;
    if (opens) opened.push_back(op.user);
    arguments.emplace_back(op.kind);
    arguments.push_back(key_of(op.user));
    arguments.push_back(std::move(op.session));
    arguments.push_back(std::move(op.transport));
  }
  ++batches_in_flight_;
  link_.call(Script::kApply, lease_, std::move(arguments),
             [this, count, registration = registration_,
              opened = std::move(opened)](const redisReply* reply) {
               if (!current(registration, reply)) return;
               --batches_in_flight_;
               for (const UserId user : opened) live_.told_online(user);
               schedule(Millis(int_at(*reply, 1)));
               flush();
               if (to_register_ == 0) return;
               to_register_ -= std::min(to_register_, count);
               if (to_register_ == 0) drop_old_leases();
             });
}

void Node::drop_old_leases() {
  if (phase_ != Phase::kRegistering) return;
  if (old_.empty()) return healthy();
  drop(old_.back(), [this, registration = registration_](bool dropped) {
    if (!dropped || registration != registration_) return;
    old_.pop_back();
    drop_old_leases();
  });
}

void Node::drop(const std::string& lease, std::function<void(bool)> done) {
  link_.call(Script::kDrop, lease, {},
             [this, lease, done = std::move(done)](const redisReply* reply) {
               if (reply && int_at(*reply, 1) != 0) return drop(lease, done);
               done(reply != nullptr);
             });
}

void Node::healthy() {
  phase_ = Phase::kHealthy;
  healthy_since_ = loop_.now();
  link_.proved();
  schedule(Millis(0));  // the sessions of the old leases have begun their graces
  log_info("presence_registered lease={} sessions={}", lease_, live_.sessions());
  events_.healthy(true);
}

void Node::schedule(Millis in) {
  const MonoTime at = loop_.now() + std::min(in, renew_interval(options_));
  if (tick_timer_.active() && tick_at_ <= at) return;
  tick_at_ = at;
  tick_timer_.start(std::chrono::duration_cast<Millis>(at - loop_.now()));
}

void Node::tick() {
  if (!has_lease() || ticking_) return;
  ticking_ = true;
  link_.call(Script::kTick, lease_, {phase_ == Phase::kHealthy ? "ready" : ""},
             [this, registration = registration_](const redisReply* reply) {
               if (!current(registration, reply)) return;
               ticking_ = false;
               nodes_ = int_at(*reply, 2);
               schedule(Millis(int_at(*reply, 1)));
               const Millis settled = options_.leave_grace + options_.lease_ttl;
               if (phase_ == Phase::kHealthy && loop_.now() - healthy_since_ > settled) {
                 live_.forget_left(loop_.now() - settled);
               }
             });
}

void Node::stop(std::function<void()> done) {
  role_.assert_here();
  stopped_ = std::move(done);
  const bool reachable = has_lease();
  phase_ = Phase::kStopping;
  ++registration_;
  tick_timer_.stop();
  events_.healthy(false);
  stop_timer_.start(reachable ? options_.answer_timeout : Millis(0));
  if (reachable) drop(lease_, [this](bool) { stop_timer_.start(Millis(0)); });
}

void Node::change(const redisReply& fields) {
  const auto change = parse_change(fields);
  if (!change) return;
  if (change->now.status == Status::kOffline) {
    live_.told_offline(change->user);
    away_.erase(change->user);
  } else {
    live_.told_online(change->user);
  }
  if (phase_ != Phase::kStopping) events_.change(*change);
}

}  // namespace fairlead::presence
