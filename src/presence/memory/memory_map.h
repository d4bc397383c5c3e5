#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/limits.h"
#include "core/thread_role.h"
#include "presence/gather.h"
#include "presence/presence.h"
#include "presence/roster.h"

namespace fairlead::presence {

// The map of a server without Redis: one node, all in this process. A thread of its own
// ("presence") waits for graces to end and calls the listener, so that changes are heard in the
// order in which they came about. query() answers on the calling thread.
class MemoryMap final : public Map {
 public:
  struct Options {
    Millis leave_grace = limits::kLeaveGrace;
  };

  MemoryMap();
  explicit MemoryMap(Options options, const Clock& clock = system_clock());
  ~MemoryMap() override;  // stop()

  void on_change(Listener listener) override;
  void start() override;
  void stop() override;
  void open(UserId user, std::string_view session, std::string_view transport) override;
  void close(UserId user, std::string_view session) override;
  void set_away(UserId user, bool away) override;
  void query(std::vector<UserId> users, Answer done) override;
  void count(std::vector<UserId> users, Counted done) override;
  bool healthy() const override { return true; }
  std::string_view kind() const override { return "memory"; }

 private:
  void announce(const Change& change, std::unique_lock<std::mutex> lock);
  void run();

  ThreadRole role_;
  const Clock& clock_;
  Listener listener_;  // constant after start()
  std::mutex mutex_;
  std::condition_variable wake_;
  Roster roster_;          // guarded by mutex_
  Gather changes_;         // guarded by mutex_; not yet announced
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace fairlead::presence
