#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/entrance.h"
#include "api/store_probe.h"
#include "auth/auth.h"
#include "auth/fingerprint.h"
#include "chat/service.h"
#include "http/server.h"
#include "hub/networks.h"
#include "log/follower.h"

namespace fairlead::api {

struct Settings {
  // argon2id is dear: what one address may cause. Logins count only while they fail.
  chat::Rate registrations_per_address{600, std::chrono::minutes(1), 600};
  chat::Rate login_failures_per_name{10, std::chrono::minutes(1), 10};  // … and address
  chat::Rate login_failures_per_address{100, std::chrono::minutes(1), 100};
  std::vector<std::string> origins = {};   // whose pages may use cookies, beside our own
  std::vector<std::string> api_keys = {};  // of programs that may call /server/…; none: nobody may
};

// How this node hears of what the others write.
struct BetweenNodes {
  log::FollowerStats follower;
  bool bus_healthy = true;
  std::uint64_t sent = 0, received = 0, dropped = 0, malformed = 0;
};

// What the REST handlers work with, and what they keep. Any thread; owns no thread.
//
// The order, in app/:
//   1. the store, its secrets, auth::Tokens, auth::Passwords, log::Writer, log::Readers, hub::Hub,
//      presence::Map (none started);
//   2. chat::Service, then Api (its parts must outlive it);
//   3. load_revocations(store, tokens);
//   4. http::Routes; add_routes(routes, api); then the realtime routes;
//   5. Writer::start, Readers::start, presence::Map::start, the engines, http::Server::start.
// At the end: set_draining() (readyz says 503), drain the hub, auth::Passwords::stop (its answers
// lead on to the writer), Writer::stop, Readers::stop, http::Server::stop, presence::Map::stop;
// only then are Api and Service destroyed.
class Api {
 public:
  struct Parts {
    chat::Service& chat;
    auth::Tokens& tokens;
    auth::Passwords& passwords;
    log::Writer& writer;
    hub::Hub& hub;
    presence::Map& presence;
    const Clock& clock;
    std::string version;
    std::function<http::ServerStats()> http_stats = {};  // may be empty: not in /metrics then
    std::function<BetweenNodes()> between_nodes = {};    // the same
    std::function<hub::NetworkStats()> networks = {};    // the same
    auth::ExternalTokens* external_tokens = nullptr;     // none: no external issuer
    audit::AuditLog* audit = nullptr;                    // none: nothing is kept
  };
  explicit Api(Parts parts, Settings settings = {});
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  chat::Service& chat() { return parts_.chat; }
  auth::Tokens& tokens() { return parts_.tokens; }
  const Entrance& entrance() const { return entrance_; }
  // For the operator's audit log, if there is one.
  void note(audit::Entry entry);
  // What costs a client nothing and us no work: ten a minute of one address, lest they fill the
  // disk and push out what matters.
  void note_seldom(audit::Entry entry);
  auth::Passwords& passwords() { return parts_.passwords; }
  hub::Hub& hub() { return parts_.hub; }
  const Clock& clock() const { return parts_.clock; }
  const Parts& parts() const { return parts_; }
  StoreProbe& store_probe() { return store_probe_; }

  using AddressLimiter = chat::RateLimiter<std::string>;
  AddressLimiter& registrations() { return registrations_; }
  AddressLimiter& login_failures() { return login_failures_; }
  AddressLimiter& address_failures() { return address_failures_; }

  bool is_api_key(std::string_view key) const;  // takes as long whatever the key is

  void set_draining() { draining_.store(true, std::memory_order_relaxed); }
  bool draining() const { return draining_.load(std::memory_order_relaxed); }

 private:
  const Parts parts_;
  const Entrance entrance_;
  AddressLimiter registrations_;
  AddressLimiter login_failures_, address_failures_;
  AddressLimiter seldom_{{10, std::chrono::minutes(1), 10}};
  StoreProbe store_probe_;
  const auth::Fingerprint fingerprint_;
  std::vector<auth::Fingerprint::Hash> api_keys_;  // constant after construction
  std::atomic<bool> draining_{false};
};

// Everything under /api/v1, /healthz, /readyz and /metrics. Before http::Server is constructed;
// `api` must outlive the server.
void add_routes(http::Routes& routes, Api& api);

// Once, before anything is served: what was revoked before a restart stays revoked. Blocks on the
// store.
void load_revocations(store::Store& store, auth::Tokens& tokens);

}  // namespace fairlead::api
