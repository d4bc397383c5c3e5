#include "http/server.h"

#include <pistache/reactor.h>

#include <mutex>
#include <stdexcept>
#include <utility>

#include "http/contained.h"
#include "http/listen_socket.h"
#include "http/worker.h"

namespace fairlead::http {
namespace {

// What the reactor clones its handlers from, one for each of its threads, in order.
class WorkerFactory final : public Pistache::Aio::Handler {
 public:
  WorkerFactory(std::shared_ptr<const WorkerConfig> config,
                const std::vector<ListenAddress>& addresses)
      : config_(std::move(config)), addresses_(addresses) {}

  std::shared_ptr<Pistache::Aio::Handler> clone() const override {
    const auto index = next_++;
    std::vector<Listener> listeners;
    for (const auto& address : addresses_)
      listeners.push_back({address.sockets.at(index), address.is_unix});
    return std::make_shared<Worker>(config_, static_cast<int>(index), std::move(listeners));
  }
  void onReady(const Pistache::Aio::FdSet&) override {}
  void registerPoller(Pistache::Polling::Epoll&) override {}

 private:
  const std::shared_ptr<const WorkerConfig> config_;
  const std::vector<ListenAddress>& addresses_;
  mutable std::size_t next_ = 0;
};

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, Routes routes) {
    auto config = std::make_shared<WorkerConfig>();
    config->options = std::move(options);
    config->routes = std::move(routes);
    config->limits.body_bytes_max = config->options.body_bytes_max;
    config->origins = Origins(config->options.origins);
    config_ = std::move(config);
  }
  ~Impl() { stop(); }

  Result<void> start() {
    const int workers = config_->options.workers;
    if (workers < 1 || workers > 255) return fail(ErrorCode::kInternal, "workers: 1 to 255");
    for (const auto& text : config_->options.listen) {
      auto address = listen_on(text, workers);
      if (!address) {
        close_addresses();
        return tl::unexpected(std::move(address.error()));
      }
      addresses_.push_back(std::move(*address));
    }
    for (const auto& address : addresses_) ports_.push_back(address.port);
    try {
      run();
    } catch (const std::exception& e) {
      stop();
      return fail(ErrorCode::kInternal, std::string("cannot start the HTTP workers: ") + e.what());
    }
    for (auto& address : addresses_) address.sockets.clear();  // the workers own them now
    return {};
  }

  const std::vector<int>& ports() const { return ports_; }

  void give_back(TakenConnection connection) {
    if (connection.worker < 0 || static_cast<std::size_t>(connection.worker) >= inboxes_.size())
      return;
    WorkerInbox& inbox = *inboxes_[static_cast<std::size_t>(connection.worker)];
    // A std::function is copyable, a connection is not.
    auto held = std::make_shared<TakenConnection>(std::move(connection));
    inbox.post(
        [held] { contained("give_back", [&] { Worker::current()->adopt(std::move(*held)); }); });
  }

  void stop_accepting() {
    for (const auto& address : addresses_) remove_socket_file(address);
    for (const auto& inbox : inboxes_)
      inbox->post([] { contained("drain", [] { Worker::current()->stop_accepting(); }); });
  }

  void stop() {
    const std::lock_guard lock(stop_mutex_);
    if (reactor_) reactor_->shutdown();
    reactor_.reset();  // joins the threads
    workers_.clear();  // closes what is open
    close_addresses();
  }

  ServerStats stats() const {
    ServerStats sum;
    for (const auto& one : counters_) {
      sum.connections_open += one->connections_open.load(std::memory_order_relaxed);
      sum.connections_accepted += one->connections_accepted.load(std::memory_order_relaxed);
      sum.requests += one->requests.load(std::memory_order_relaxed);
      sum.rejected += one->rejected.load(std::memory_order_relaxed);
      sum.accept_pauses += one->accept_pauses.load(std::memory_order_relaxed);
      sum.crowded += one->crowded.load(std::memory_order_relaxed);
    }
    return sum;
  }

 private:
  void run() {
    reactor_ = Pistache::Aio::Reactor::create();
    reactor_->init(
        Pistache::Aio::AsyncContext(static_cast<std::size_t>(config_->options.workers), "http"));
    const auto key = reactor_->addHandler(std::make_shared<WorkerFactory>(config_, addresses_));
    for (const auto& handler : reactor_->handlers(key)) {
      const auto worker = std::static_pointer_cast<Worker>(handler);
      inboxes_.push_back(worker->shared_inbox());
      counters_.push_back(worker->counters());
      workers_.push_back(worker);
    }
    reactor_->run();
  }

  void close_addresses() {
    for (auto& address : addresses_) {
      remove_socket_file(address);
      address.sockets.clear();
    }
  }

  std::shared_ptr<const WorkerConfig> config_;
  std::mutex stop_mutex_;
  std::shared_ptr<Pistache::Aio::Reactor> reactor_;  // guarded by stop_mutex_ once started
  std::vector<std::shared_ptr<Worker>> workers_;     // likewise
  // Constant from start to destruction, so that any thread may use them.
  std::vector<ListenAddress> addresses_;
  std::vector<int> ports_;
  std::vector<std::shared_ptr<WorkerInbox>> inboxes_;
  std::vector<std::shared_ptr<const WorkerCounters>> counters_;
};

Server::Server(ServerOptions options, Routes routes)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(routes))) {}
Server::~Server() = default;

Result<void> Server::start() {
  return impl_->start();
}
std::vector<int> Server::ports() const {
  return impl_->ports();
}
void Server::give_back(TakenConnection connection) {
  impl_->give_back(std::move(connection));
}
void Server::stop_accepting() {
  impl_->stop_accepting();
}
void Server::stop() {
  impl_->stop();
}
ServerStats Server::stats() const {
  return impl_->stats();
}

}  // namespace fairlead::http
