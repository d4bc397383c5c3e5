#pragma once

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/unique_fd.h"

namespace fairlead::load {

// An epoll loop with timers: everything of a load test runs on it, on one thread. Handlers and
// timers may watch and forget whatever they like while it turns. SIGINT and SIGTERM interrupt it
// while one exists; one at a time.
class Loop {
 public:
  class Handler {
   public:
    virtual void on_ready(std::uint32_t events) = 0;  // EPOLL…, level-triggered

   protected:
    ~Handler() = default;
  };
  struct Timer {
    MonoTime at{};
    std::uint64_t id = 0;  // 0: none
  };

  Loop();  // aborts if the kernel gives no epoll
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void watch(int fd, std::uint32_t events, Handler& handler);
  void change(int fd, std::uint32_t events, Handler& handler);
  void forget(int fd, Handler& handler);  // before the fd is closed; its pending events are dropped

  Timer after(std::chrono::nanoseconds delay, std::function<void()> call);
  void cancel(Timer& timer);  // one that is none or has fired: nothing happens

  // Turns until `done` says so (asked once a turn), or until interrupted.
  void run_until(const std::function<bool()>& done);
  static bool interrupted();
  static void
  go_on();  // after an interrupt, to finish in good order; the next one ends the program

  // For one read at a time.
  std::vector<char>& scratch() { return scratch_; }

 private:
  int wait_ms() const;
  void fire_timers();

  UniqueFd epoll_;
  std::array<epoll_event, 256> ready_{};
  int ready_count_ = 0;
  std::map<std::pair<MonoTime, std::uint64_t>, std::function<void()>> timers_;
  std::uint64_t next_timer_ = 1;
  std::vector<char> scratch_;
};

}  // namespace fairlead::load
