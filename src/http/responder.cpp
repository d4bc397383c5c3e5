#include "http/responder.h"

#include <utility>

#include "core/log_line.h"
#include "http/contained.h"
#include "http/responder_state.h"
#include "http/worker.h"

namespace fairlead::http {
namespace {

// Runs action(worker, connection) on the worker's thread, now or by its mailbox, if the connection
// is still there and still waits for the answer to this very request.
template <typename Action>
void deliver(WorkerInbox& inbox, const std::weak_ptr<Connection>& connection, std::uint64_t request,
             Action action) {
  auto task = [connection, request, action = std::move(action)]() mutable {
    const auto alive = connection.lock();
    if (!alive || alive->unanswered(request) == nullptr) return;
    // Claimed but not delivered would be a client that waits for ever: better a closed connection.
    Worker& here = *Worker::current();
    if (!contained("answer", [&] { action(here, alive); })) here.close(alive);
  };
  Worker* worker = Worker::current();
  if (worker != nullptr && &worker->inbox() == &inbox) {
    task();
  } else {
    inbox.post(std::move(task));
  }
}

}  // namespace

void Responder::respond(Response response) const {
  state_->respond(std::move(response));
}

void Responder::take_over(std::function<void(TakenConnection)> take) const {
  state_->take_over(std::move(take));
}

void Responder::State::respond(Response response) {
  if (!claim()) return;
  deliver(*inbox_, connection_, request_,
          [request = request_, response = std::move(response)](
              Worker& worker, const std::shared_ptr<Connection>& c) mutable {
            worker.answer(c, request, std::move(response));
          });
}

void Responder::State::take_over(std::function<void(TakenConnection)> take) {
  if (!claim()) return;
  deliver(*inbox_, connection_, request_,
          [take = std::move(take)](Worker& worker, const std::shared_ptr<Connection>& c) mutable {
            worker.take(c, std::move(take));
          });
}

void Responder::State::fail_internally() {
  if (!claim()) return;
  deliver(*inbox_, connection_, request_,
          [request = request_](Worker& worker, const std::shared_ptr<Connection>& c) {
            worker.fail(c, request);
          });
}

Responder::State::~State() {
  if (answered_.load(std::memory_order_acquire)) return;
  try {
    fail_internally();
  } catch (const std::exception& e) {
    log_error("http_answer_lost reason={}", e.what());
  }
}

}  // namespace fairlead::http
