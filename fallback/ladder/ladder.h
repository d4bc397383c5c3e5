#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "fallback/ladder/findings.h"
#include "hub/networks.h"

namespace fairlead::ladder {

// What this node knows of its clients' networks: what it has seen, and what other nodes and earlier
// lives told it (take()). At most `networks_max`; beyond, an old one is forgotten. Any thread; a
// mutex, held for a look-up.
class Ladder final : public hub::Networks {
 public:
  // That others should know: what changes the advice, at most ten times a minute and network (who
  // comes and goes could make it change with each connection), or what was said an hour ago.
  using Changed = std::function<void(Network network, const std::string& findings)>;

  explicit Ladder(const Clock& clock, std::size_t networks_max = 10'000);

  // Before anything else is called; on the caller's thread, outside of the mutex.
  void on_change(Changed changed) { changed_ = std::move(changed); }

  protocol::Json advice(Network network) const override;
  void proved(Network network, hub::TransportKind kind, int padding_kib) override;
  void unproven(Network network, hub::TransportKind kind, hub::Cause cause) override;
  void fell_back(Network network, hub::TransportKind from, hub::Cause cause) override;
  void cut(Network network, hub::TransportKind kind, Millis life, Millis idle) override;

  // False: these are no findings, or not of the last day. Nobody is told.
  bool take(Network network, std::string_view findings);

  hub::NetworkStats stats() const;

 private:
  struct Known {
    Findings findings;
    std::int64_t told_s = 0;
    std::int64_t minute_began_s = 0;
    int told_in_minute = 0;
    bool is_owed = false;  // others have yet to be told what has changed
  };

  std::int64_t now_s() const { return clock_.wall_ms() / 1000; }
  // The mutex is held.
  Known& known(Network network);
  void forget_some();
  static bool is_to_be_told(Known& known, bool is_news, std::int64_t now_s);
  void note(Network network, const std::function<void(Findings&, std::int64_t now_s)>& what);

  const Clock& clock_;
  const std::size_t networks_max_;
  Changed changed_;
  mutable std::mutex mutex_;
  std::map<Network, Known> networks_;  // guarded by mutex_
  Network looked_at_;                  // guarded by mutex_; forget_some() goes on behind it
  hub::NetworkStats stats_;            // guarded by mutex_
};

}  // namespace fairlead::ladder
