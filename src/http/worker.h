#pragma once

#include <pistache/reactor.h>

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/clock.h"
#include "core/thread_role.h"
#include "http/connection.h"
#include "http/crowd.h"
#include "http/framing_guard.h"
#include "http/origins.h"
#include "http/router.h"
#include "http/server.h"
#include "http/worker_inbox.h"

namespace fairlead::http {

// What the workers of one Server read, constant while they run.
struct WorkerConfig {
  ServerOptions options;
  Routes routes;
  FramingLimits limits;
  Origins origins;
};

// Counters of one worker; read by any thread, kept beyond the worker's life.
struct WorkerCounters {
  std::atomic<std::uint64_t> connections_open = 0;
  std::atomic<std::uint64_t> connections_accepted = 0;
  std::atomic<std::uint64_t> requests = 0;
  std::atomic<std::uint64_t> rejected = 0;
  std::atomic<std::uint64_t> accept_pauses = 0;
  std::atomic<std::uint64_t> crowded = 0;
};

struct Listener {
  std::shared_ptr<UniqueFd> socket;
  bool is_unix = false;
};

// One HttpWorker: a handler on Pistache's reactor that accepts on its own sockets, reads, lets the
// framing guard judge, routes, and writes the answers. It owns its connections; every fd is in
// exactly one place, so no answer can reach another client. Everything but the constructor, the
// destructor and inbox() runs on the reactor's thread; nothing blocks, and no exception leaves
// onReady.
class Worker final : public Pistache::Aio::Handler {
 public:
  Worker(std::shared_ptr<const WorkerConfig> config, int index, std::vector<Listener> listeners);
  ~Worker() override;

  // The worker whose thread this is, while it handles events; else null.
  static Worker* current();
  WorkerInbox& inbox() { return *inbox_; }
  std::shared_ptr<WorkerInbox> shared_inbox() const { return inbox_; }
  std::shared_ptr<const WorkerCounters> counters() const { return counters_; }

  // The request is in hand, unanswered.
  void answer(const std::shared_ptr<Connection>& connection, std::uint64_t request,
              Response response);
  void fail(const std::shared_ptr<Connection>& connection, std::uint64_t request);  // 500
  // The only request in hand.
  void take(const std::shared_ptr<Connection>& connection,
            std::function<void(TakenConnection)> take);

  // Idempotent.
  void close(const std::shared_ptr<Connection>& connection);

  void adopt(TakenConnection connection);
  void stop_accepting();

  void onReady(const Pistache::Aio::FdSet& fds) override;
  void registerPoller(Pistache::Polling::Epoll& poller) override;
  std::shared_ptr<Pistache::Aio::Handler> clone() const override;

 private:
  using ConnectionPtr = std::shared_ptr<Connection>;
  enum class Accepting : std::uint8_t {
    kYes,
    kFull,       // connections_max are open
    kExhausted,  // there are no descriptors, or no memory
  };

  ConnectionPtr newcomer(int fd) const;         // null: it is none
  const Listener* find_listener(int fd) const;  // null: it is none
  void on_event(const Pistache::Aio::FdSet::Entry& event);
  void on_connection_event(const ConnectionPtr& c, const Pistache::Aio::FdSet::Entry& event);
  void on_tick();

  void meet(std::span<const ConnectionPtr> newcomers);
  static bool is_newcomer(const Connection& c);  // has not asked for anything yet, nor begun to
  void wait(const ConnectionPtr& c);
  void let_in_group();
  void let_first_in(const Arrival& arrival);
  bool has_room_for_a_crowd() const;
  void leave_crowd(Connection& c);
  Arrival arrival_of(std::uint64_t group);

  // False when the queue is empty or accepting has paused.
  bool accept_from(const Listener& listener);
  void pause_accepting(Accepting why);
  void resume_accepting();
  void open(UniqueFd fd, std::string ip, bool is_unix, MonoTime deadline, std::string unread);

  void on_readable(const ConnectionPtr& c);
  void on_writable(const ConnectionPtr& c);
  void discard_input(const ConnectionPtr& c);
  void on_deadline(const ConnectionPtr& c);

  void consume(const ConnectionPtr& c, std::string_view bytes);
  void wait_for_more(const ConnectionPtr& c, bool had_begun, bool was_in_body);
  void send_continue_if_due(const ConnectionPtr& c);
  void dispatch(const ConnectionPtr& c, Request request);
  void route(const ConnectionPtr& c, Request& request, Router::Match match);
  void reject(const ConnectionPtr& c, const Error& error);

  void write(const ConnectionPtr& c);
  void await_writable(Connection& c);
  void answered(const ConnectionPtr& c);
  void hand_over(const ConnectionPtr& c);
  void linger(const ConnectionPtr& c);

  void watch(Connection& c, Connection::Watch what);
  void queue(const ConnectionPtr& c);
  void go_on_with_queued();
  void forget(Connection& c);

  const std::shared_ptr<const WorkerConfig> config_;
  const int index_;
  const std::shared_ptr<WorkerInbox> inbox_;
  const std::shared_ptr<WorkerCounters> counters_;
  Router router_;
  ThreadRole role_;
  std::vector<Listener> listeners_;
  UniqueFd timer_;
  Crowd crowd_;
  std::map<std::uint64_t, ConnectionPtr> waiting_;  // of the crowd, in order; they are not read
  std::uint64_t places_ = 0;                        // so far
  UniqueFd crowd_timer_;                            // the next group's, while anybody waits
  MonoTime crowd_timer_at_{};                       // what it is set to
  Accepting accepting_ = Accepting::kYes;
  bool draining_ = false;
  MonoTime now_{};  // of the present batch of events
  std::unordered_map<int, ConnectionPtr> connections_;
  std::vector<ConnectionPtr> queued_;  // to go on with after the present event
  std::array<char, 32 * 1024> scratch_{};
};

}  // namespace fairlead::http
