#pragma once

#include <string>
#include <vector>

#include "core/limits.h"

namespace fairlead::app {

// What an operator may choose for `fairlead serve`; every field has its flag, its FAIRLEAD_…
// variable and its line in the config file. Constant once read.
struct Config {
  std::string data = "data";
  std::vector<std::string> listen = {"127.0.0.1:8400"};
  std::string redis = "none";
  std::string node;
  int http_workers = 1;
  int stream_shards = 1;
  int ws_shards = 1;
  int readers = 2;
  int sends_per_5s = 5;  // 0: unlimited
  int sends_burst = 10;
  std::vector<std::string> origins;
  std::vector<std::string> api_keys;
  std::string jwt_alg;  // HS256, RS256, ES256 or EdDSA; empty: no external issuer
  std::string jwt_key;  // files; one of the two
  std::string jwt_jwks;
  std::string jwt_issuer;
  std::string jwt_audience;
  int jwt_leeway_seconds = 60;
  std::size_t outbox_bytes = limits::kOutboxBytesMax;
  int large_room_batch_ms = 0;  // 0: as soon as there is time
  int presence_members = 256;   // members of larger rooms are told counts alone
  int admissions_per_s = 5000;  // new realtime connections; 0: any number
  int admissions_burst = 40'000;
  int user_admissions_per_s = 1000;  // of one user, and 20 times as many at once; 0: any number
  int heartbeat_seconds = limits::kHeartbeatDefault_s;  // for clients that ask for none
  bool websocket_deflate = true;  // permessage-deflate, where a client offers it
  int drain_seconds = 10;
  int retention_hours = 24 * 30;  // of the event log; 0: for ever
  std::string log_level = "info";
  std::string audit_log;  // file; empty: none
  bool trusted_proxy = false;
  int faulty_bus_percent = 0;  // for tests: so many hints between nodes get lost or come late
};

}  // namespace fairlead::app
