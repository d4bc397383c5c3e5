#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "http/connection.h"
#include "http/responder.h"
#include "http/worker_inbox.h"

namespace fairlead::http {

// What the copies of one Responder share: which request of which connection it answers, by object
// and not by fd number, and whether that has been done. Any thread.
class Responder::State {
 public:
  State(std::shared_ptr<WorkerInbox> inbox, std::weak_ptr<Connection> connection,
        std::uint64_t request)
      : inbox_(std::move(inbox)), connection_(std::move(connection)), request_(request) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();  // answers 500 if nobody else did

  void respond(Response response);
  void take_over(std::function<void(TakenConnection)> take);
  // 500 with no word about the cause.
  void fail_internally();

 private:
  bool claim() { return !answered_.exchange(true, std::memory_order_acq_rel); }

  const std::shared_ptr<WorkerInbox> inbox_;
  const std::weak_ptr<Connection> connection_;
  const std::uint64_t request_;
  std::atomic<bool> answered_{false};
};

}  // namespace fairlead::http
