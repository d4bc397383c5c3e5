#include "app/node.h"

#include <sys/stat.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "api/api.h"
#include "app/data_directory.h"
#include "app/issuer_options.h"
#include "app/version.h"
#include "audit/audit_log.h"
#include "auth/auth.h"
#include "bus/faulty/faulty_bus.h"
#include "bus/local/local_bus.h"
#include "bus/redis/redis_bus.h"
#include "chat/service.h"
#include "core/log_line.h"
#include "core/random.h"
#include "fallback/ladder/ladder.h"
#include "fallback/ladder/redis/shelf.h"
#include "http/server.h"
#include "hub/shard.h"
#include "log/control.h"
#include "log/follower.h"
#include "log/readers.h"
#include "log/retention.h"
#include "log/writer.h"
#include "presence/memory/memory_map.h"
#include "presence/redis/redis_map.h"
#include "search/searcher.h"
#include "store/sqlite/sqlite_search_index.h"
#include "store/sqlite/sqlite_store.h"
#include "transport/connect/chat_commands.h"
#include "transport/connect/realtime.h"

namespace fairlead::app {
namespace {

using namespace std::chrono_literals;

constexpr auto kGoodbyePatience = 5s;  // for the last answers to leave after the drain
constexpr char kTokenKey[] = "token_key";

// The key that signs tokens: made once, kept in the store, so that tokens outlive restarts and
// every node of the store accepts them.
std::string token_key(store::Store& store) {
  std::string key;
  store.open_reader()->read([&](store::View& view) { key = view.setting(kTokenKey); });
  if (!key.empty()) return key;  // and no other node is waited for
  store.write([&](store::Transaction& tx) {
    key = tx.setting(kTokenKey);
    if (!key.empty()) return;
    key = random_bytes(32);
    tx.put_setting(kTokenKey, key);
  });
  return key;
}

LogPosition head_of(store::Store& store) {
  LogPosition head;
  store.open_reader()->read([&](store::View& view) { head = view.head(); });
  return head;
}

// A copy of a store has its epoch, too, but is another file: its nodes must not be believed.
std::string name_of_file(const std::string& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) throw store::StoreFailure("cannot look at " + path);
  return std::to_string(file.st_dev) + '-' + std::to_string(file.st_ino);
}

std::unique_ptr<presence::Map> make_presence(const Config& config, const std::string& store_path) {
  if (config.redis == "none") return std::make_unique<presence::MemoryMap>();
  presence::RedisOptions options;
  options.address = config.redis;
  options.node = config.node;
  options.prefix += name_of_file(store_path) + ':';
  return std::make_unique<presence::RedisMap>(options);
}

std::unique_ptr<ladder::Shelf> make_shelf(const Config& config, const std::string& store_path,
                                          ladder::Ladder& ladder) {
  if (config.redis == "none") return nullptr;
  ladder::ShelfOptions options;
  options.address = config.redis;
  options.key += ':' + name_of_file(store_path);
  return std::make_unique<ladder::Shelf>(
      options, [&ladder](auto network, auto findings) { return ladder.take(network, findings); });
}

std::unique_ptr<bus::Bus> make_bus(const Config& config, const std::string& epoch,
                                   const std::string& store_path) {
  if (config.redis == "none") return std::make_unique<bus::LocalBus>();
  bus::RedisBusOptions options;
  options.address = config.redis;
  options.epoch = epoch;
  options.prefix += name_of_file(store_path) + ':';
  auto redis = std::make_unique<bus::RedisBus>(options);
  if (config.faulty_bus_percent == 0) return redis;
  return std::make_unique<bus::FaultyBus>(std::move(redis), config.faulty_bus_percent);
}

}  // namespace

// Members are made in this order and destroyed in the reverse one: whatever is used outlives its
// users.
class Node::Parts {
 public:
  Parts(Config config, std::optional<auth::ExternalTokens::Settings> issuer,
        DataDirectory directory)
      : config_(std::move(config)),
        directory_(std::move(directory)),
        store_(store::open_sqlite_store(directory_.store_path())),
        head_(head_of(*store_)),
        tokens_(token_key(*store_), clock_),
        external_tokens_(make_external_tokens(std::move(issuer))),
        writer_(*store_),
        follower_(*store_, head_),
        bus_(make_bus(config_, store_->epoch(), directory_.store_path())),
        readers_(*store_, config_.readers),
        searcher_(*store_,
                  store::open_sqlite_search_index(directory_.search_path(), store_->epoch(), head_),
                  clock_),
        retention_(writer_, clock_, std::chrono::hours(config_.retention_hours)),
        presence_(make_presence(config_, directory_.store_path())),
        shelf_(make_shelf(config_, directory_.store_path(), ladder_)),
        chat_({writer_, readers_, hub_, *presence_, clock_, store_->epoch(), &searcher_},
              chat_settings()),
        api_({chat_, tokens_, passwords_, writer_, hub_, *presence_, clock_, kVersion,
              [this] { return server_ ? server_->stats() : http::ServerStats{}; },
              [this] { return between_nodes(); }, [this] { return ladder_.stats(); },
              external_tokens_.get(), &audit_},
             api_settings()),
        commands_(chat_, api_.entrance().authenticator(), hub_, &audit_) {
    api::load_revocations(*store_, tokens_);  // those up to head_, at least
    make_shards();
    connect_to_others();
    make_server();
  }

  Result<void> start() {
    if (auto started = audit_.start(); !started) return started;
    writer_.start();
    follower_.start();
    bus_->start();
    readers_.start();
    searcher_.start();
    retention_.start();
    presence_->start();
    if (shelf_) shelf_->start();
    if (external_tokens_) {
      if (auto started = external_tokens_->start(); !started) return started;
    }
    for (auto& engine : streams_) engine->start("stream");
    for (auto& shard : websockets_) {
      if (auto started = shard->start(); !started) return started;
    }
    return server_->start();
  }

  std::string addresses() const {
    const auto ports = server_->ports();
    std::string all;
    for (std::size_t i = 0; i < config_.listen.size(); ++i) {
      if (!all.empty()) all += ' ';
      const auto& address = config_.listen[i];
      if (address.starts_with("unix:")) {
        all += address;
      } else {
        all += "http://" + address.substr(0, address.rfind(':') + 1) + std::to_string(ports[i]);
      }
    }
    return all;
  }

  void stop() {
    log_info("draining seconds={} sessions={}", config_.drain_seconds, hub_.stats().sessions);
    api_.set_draining();
    realtime_->set_draining();
    server_->stop_accepting();
    for (auto& engine : streams_) engine->drain();
    drain();
    for (auto& engine : streams_) engine->stop();
    for (auto& shard : websockets_) shard->stop();
    retention_.stop();
    // What these two answer leads on to the writer.
    passwords_.stop();
    if (external_tokens_) external_tokens_->stop();
    writer_.stop();  // what was accepted is committed, and still answered
    bus_->stop();
    follower_.stop();
    readers_.stop();
    searcher_.stop();
    server_->stop();
    presence_->stop();
    if (shelf_) shelf_->stop();
    audit_.stop();
  }

  void reopen_files() { audit_.reopen(); }

 private:
  chat::Settings chat_settings() const {
    chat::Settings settings;
    settings.sends = {config_.sends_per_5s, 5s, config_.sends_burst};
    settings.presence_members_max = config_.presence_members;
    return settings;
  }

  api::Settings api_settings() const {
    api::Settings settings;
    settings.api_keys = config_.api_keys;
    settings.origins = config_.origins;
    return settings;
  }

  std::unique_ptr<auth::ExternalTokens> make_external_tokens(
      std::optional<auth::ExternalTokens::Settings> issuer) {
    if (!issuer) return nullptr;
    auto find_user = [this, name = issuer->rules.issuer](const auth::JwtClaims& claims,
                                                         chat::Done<UserId> done) {
      chat_.external_user({name, claims.subject, claims.display_name}, std::move(done));
    };
    // Most come back with tokens that other keys vouch for.
    auto withdrawn = [this] { hub_.end_vouched(hub::EndReason::kGoingAway); };
    return std::make_unique<auth::ExternalTokens>(std::move(*issuer), tokens_, clock_,
                                                  std::move(find_user), std::move(withdrawn));
  }

  void make_shards() {
    hub::ShardSettings settings;
    settings.epoch = store_->epoch();
    settings.node = config_.node;
    settings.outbox_bytes_max = config_.outbox_bytes;
    settings.rounds_apart = std::chrono::milliseconds(config_.large_room_batch_ms);
    settings.make_probe = [this](std::string_view session) { return tokens_.make_probe(session); };
    settings.networks = &ladder_;
    settings.proofs_arrive = [this] { return bus_->healthy(); };
    settings.token_ended = [this](const TokenMark& token) { return tokens_.revoked(token); };
    settings.key_has_gone = [this](std::uint64_t key) {
      return !external_tokens_ || !external_tokens_->has_key(key);
    };
    const auto make_shard = [&](std::function<void()> wake) {
      auto shard = std::make_unique<hub::Shard>(hub_, readers_, *presence_, clock_, settings, head_,
                                                std::move(wake));
      hub_.add(shard.get());
      return shard;
    };
    for (int i = 0; i < config_.stream_shards; ++i) {
      streams_.push_back(std::make_unique<stream::StreamEngine>(clock_, make_shard));
    }
    for (int i = 0; i < config_.ws_shards; ++i) {
      websockets_.push_back(std::make_unique<websocket::WsShard>(websocket::WsShardOptions{},
                                                                 clock_, commands_, make_shard));
    }
  }

  // The log comes in order from the follower, whoever wrote it: this node's writer and the bus only
  // tell it what they know.
  void connect_to_others() {
    writer_.subscribe([this](const log::BatchPtr& batch) {
      follower_.offer(batch);
      bus_->publish(bus::Committed{batch->events});
    });
    // First, so that who has been logged out gets nothing of what came later.
    follower_.subscribe([this](const log::BatchPtr& batch) {
      for (const auto& event : batch->events) obey(*event);
    });
    follower_.subscribe([this](const log::BatchPtr& batch) { hub_.deliver(batch); });
    follower_.subscribe([this](const log::BatchPtr&) { searcher_.look(); });
    follower_.on_lost([this](LogPosition head) {
      api::load_revocations(*store_, tokens_);  // logouts were among them, perhaps
      hub_.begin_anew(head);
    });
    hub_.set_others({[this](const Ephemeral& event) { bus_->publish(event); },
                     [this](const std::string& session) {
                       bus_->publish(bus::SessionMoved{session, clock_.wall_us()});
                     },
                     [this](UserId user, const std::string& session, const std::string& word) {
                       const auto probe = protocol::parse_base32(word);
                       const bool may_be_elsewhere = config_.redis != "none" &&
                                                     tokens_.owns_session_id(user, session) &&
                                                     probe && tokens_.is_probe_of(session, *probe);
                       if (may_be_elsewhere) bus_->publish(bus::SessionProof{user, session, word});
                       return may_be_elsewhere;
                     }});
    ladder_.on_change([this](Network network, const std::string& findings) {
      if (shelf_) shelf_->put(network, findings);
      bus_->publish(bus::NetworkLearnt{network, findings});
    });
    bus_->on_message([this](bus::Message message) {
      std::visit([this](auto&& it) { heard(std::move(it)); }, std::move(message));
    });
  }

  void heard(bus::Committed committed) {
    follower_.offer(std::make_shared<const log::Batch>(log::Batch{std::move(committed.events)}));
  }
  void heard(Ephemeral event) { hub_.deliver(std::move(event)); }
  void heard(const bus::SessionProof& proof) {
    hub_.prove_here(proof.user, proof.session, proof.word);
  }
  void heard(const bus::NetworkLearnt& learnt) { ladder_.take(learnt.network, learnt.findings); }
  void heard(const bus::SessionMoved& moved) { hub_.end_if_older(moved.session, moved.at_us); }

  api::BetweenNodes between_nodes() const {
    const auto bus = bus_->stats();
    return {follower_.stats(), bus_->healthy(), bus.sent, bus.received, bus.dropped, bus.malformed};
  }

  void obey(const store::Event& event) {
    if (const auto control = log::control_of(event)) {
      std::visit([this](const auto& it) { obey(it); }, *control);
    }
  }
  void obey(const log::TokenEnded& it) {
    tokens_.revoke(it.token_id);
    hub_.end_token(auth::mark_of(it.token_id), hub::EndReason::kAuthEnded);
  }
  void obey(const log::UserDisconnected& it) { hub_.end_user(it.user, hub::EndReason::kGoingAway); }
  void obey(const log::SessionDisconnected& it) {
    hub_.end_session(it.session, hub::EndReason::kGoingAway);
  }

  void make_server() {
    connect::Realtime::Parts parts{tokens_, api_.entrance(), chat_, hub_, clock_};
    parts.networks = &ladder_;
    parts.heartbeat_s = config_.heartbeat_seconds;
    parts.websocket_deflate = config_.websocket_deflate;
    parts.gate = {static_cast<double>(config_.admissions_per_s),
                  static_cast<double>(config_.admissions_burst)};
    parts.per_user = {config_.user_admissions_per_s, 1s, 20 * config_.user_admissions_per_s};
    for (auto& engine : streams_) parts.streams.push_back(engine.get());
    for (auto& shard : websockets_) parts.websockets.push_back(shard.get());
    parts.give_back = [this](http::TakenConnection connection) {
      server_->give_back(std::move(connection));
    };
    realtime_ = std::make_unique<connect::Realtime>(std::move(parts));
    http::Routes routes;
    api::add_routes(routes, api_);
    realtime_->add_routes(routes);
    http::ServerOptions options;
    options.listen = config_.listen;
    options.workers = config_.http_workers;
    options.trust_x_real_ip = config_.trusted_proxy;
    options.origins = config_.origins;
    server_ = std::make_unique<http::Server>(std::move(options), std::move(routes));
  }

  // Every session gets its bye; then the last bytes are given a moment to leave.
  void drain() {
    struct Drained {
      std::mutex mutex;
      std::condition_variable there;
      bool done = false;
    };
    const auto drained = std::make_shared<Drained>();
    hub_.drain(std::chrono::seconds(config_.drain_seconds), [drained] {
      std::lock_guard lock(drained->mutex);
      drained->done = true;
      drained->there.notify_all();
    });
    {
      std::unique_lock lock(drained->mutex);
      drained->there.wait_for(lock, std::chrono::seconds(config_.drain_seconds) + kGoodbyePatience,
                              [&] { return drained->done; });
    }
    const auto until = clock_.mono() + kGoodbyePatience;
    while (clock_.mono() < until && connections() > 0) std::this_thread::sleep_for(20ms);
  }

  std::size_t connections() const {
    std::size_t open = 0;
    for (const auto& engine : streams_) open += engine->connections();
    for (const auto& shard : websockets_) open += shard->stats().connections;
    return open;
  }

  const Config config_;
  const Clock& clock_ = system_clock();
  DataDirectory directory_;
  audit::AuditLog audit_{config_.audit_log, config_.node, clock_};
  std::unique_ptr<store::Store> store_;
  const LogPosition head_;  // when the node began: what is behind it comes from the follower
  auth::Tokens tokens_;
  std::unique_ptr<auth::ExternalTokens> external_tokens_;
  auth::Passwords passwords_;
  log::Writer writer_;
  log::Follower follower_;
  std::unique_ptr<bus::Bus> bus_;
  log::Readers readers_;
  search::Searcher searcher_;
  log::Retention retention_;
  ladder::Ladder ladder_{clock_};
  hub::Hub hub_;
  std::unique_ptr<presence::Map> presence_;
  std::unique_ptr<ladder::Shelf> shelf_;
  chat::Service chat_;
  api::Api api_;
  connect::ChatCommands commands_;
  std::vector<std::unique_ptr<stream::StreamEngine>> streams_;
  std::vector<std::unique_ptr<websocket::WsShard>> websockets_;
  std::unique_ptr<connect::Realtime> realtime_;
  std::unique_ptr<http::Server> server_;
};

Node::Node(Config config) : config_(std::move(config)) {}

Node::~Node() {
  stop();
}

Result<void> Node::start() {
  const auto sharing = config_.redis == "none" ? Sharing::kAlone : Sharing::kWithNodes;
  auto issuer = issuer_settings(config_);
  if (!issuer) return fail(issuer.error());
  auto directory = open_data_directory(config_.data, config_.node, sharing);
  if (!directory) return fail(directory.error());
  try {
    parts_ = std::make_unique<Parts>(config_, std::move(*issuer), std::move(*directory));
    return parts_->start();
  } catch (const std::exception& e) {
    return fail(ErrorCode::kStoreUnavailable, e.what());
  }
}

void Node::reopen_files() {
  parts_->reopen_files();
}

std::string Node::addresses() const {
  return parts_->addresses();
}

void Node::stop() {
  if (!parts_) return;
  parts_->stop();
  parts_.reset();
}

}  // namespace fairlead::app
