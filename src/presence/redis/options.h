#pragma once

#include <string>

#include "core/clock.h"
#include "core/limits.h"

namespace fairlead::presence {

// How a node takes part in the map that Redis holds. The durations are the same on all nodes.
struct RedisOptions {
  std::string address = "127.0.0.1:6379";  // or "unix:/path"
  std::string node = "node";               // for people who look into Redis; need not be unique
  std::string prefix = "fairlead:presence:";
  Millis lease_ttl = limits::kLeaseTtl;
  Millis leave_grace = limits::kLeaveGrace;
  Millis answer_timeout = Millis(2000);  // no answer for so long: Redis is away
  Millis backoff_max = Millis(2000);  // between attempts to connect; the first follows after 100 ms
};

// The lease is renewed so often: three renewals fit in its life.
inline Millis renew_interval(const RedisOptions& options) {
  return options.lease_ttl * 3 / 10;
}

}  // namespace fairlead::presence
