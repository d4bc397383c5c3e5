#include "app/serve_options.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <string_view>

#include "app/issuer_options.h"
#include "http/origins.h"

namespace fairlead::app {
namespace {

// HOST:PORT, unix:/path or none; redis://HOST:PORT is HOST:PORT.
std::string to_redis_address(std::string& text) {
  constexpr std::string_view kScheme = "redis://";
  if (text.starts_with(kScheme)) text.erase(0, kScheme.size());
  if (text == "none" || (text.starts_with("unix:/") && text.size() > 6)) return {};
  const auto colon = text.rfind(':');
  int port = 0;
  if (colon != std::string::npos && colon > 0) {
    const auto* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data() + colon + 1, end, port);
    if (problem != std::errc() || stop != end) port = 0;
  }
  if (port >= 1 && port <= 65535) return {};
  return "'" + text + "' is no address of a Redis: HOST:PORT, unix:/path or none is expected";
}

}  // namespace

void add_serve_options(CLI::App& serve, Config& config) {
  serve.add_option("--data", config.data, "Directory of the store (made if missing)")
      ->envname("FAIRLEAD_DATA")
      ->capture_default_str();
  serve
      .add_option(
          "--listen", config.listen,
          "Where to listen: HOST:PORT or unix:/path; may be given several times. REST, SSE,\n"
          "long poll and WebSocket are all served there")
      ->envname("FAIRLEAD_LISTEN")
      ->delimiter(',')
      ->capture_default_str();
  serve
      .add_option("--redis", config.redis,
                  "Presence map and bus of the nodes: HOST:PORT or unix:/path; none keeps presence "
                  "in memory\n"
                  "(one node only)")
      ->envname("FAIRLEAD_REDIS")
      ->capture_default_str()
      ->transform(CLI::Validator(to_redis_address, ""));
  serve
      .add_option("--node", config.node,
                  "Name of this node, unique among its peers (default: host name)")
      ->envname("FAIRLEAD_NODE");
  serve.add_option("--http-workers", config.http_workers, "Threads that parse requests")
      ->envname("FAIRLEAD_HTTP_WORKERS")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  serve
      .add_option("--stream-shards", config.stream_shards,
                  "Threads that hold SSE streams and polls")
      ->envname("FAIRLEAD_STREAM_SHARDS")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  serve.add_option("--ws-shards", config.ws_shards, "Threads that hold WebSockets")
      ->envname("FAIRLEAD_WS_SHARDS")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  serve.add_option("--readers", config.readers, "Threads that read the store")
      ->envname("FAIRLEAD_READERS")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  serve
      .add_option("--sends-per-5s", config.sends_per_5s,
                  "Messages that a user may send to a room in 5 s; 0: any number")
      ->envname("FAIRLEAD_SENDS_PER_5S")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  serve.add_option("--sends-burst", config.sends_burst, "… and at once")
      ->envname("FAIRLEAD_SENDS_BURST")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  serve
      .add_option(
          "--origin", config.origins,
          "Pages that may call beside those of the same host, as https://chat.example.org, and\n"
          "read the answers (CORS); null: files and sandboxed frames; * allows all but these,\n"
          "without cookies; may be given several times")
      ->envname("FAIRLEAD_ORIGIN")
      ->delimiter(',')
      ->check(CLI::Validator(
          [](const std::string& text) { return http::Origins::problem_of(text); }, "ORIGIN"));
  serve
      .add_option(
          "--api-key", config.api_keys,
          "Secret of a program that may call /api/v1/server/... (16 characters at least); may be\n"
          "given several times. Better in the config file or the variable than in a command line")
      ->envname("FAIRLEAD_API_KEY")
      ->delimiter(',')
      ->check(CLI::Validator(
          [](const std::string& key) {
            return key.size() >= 16 ? std::string()
                                    : "an API key of less than 16 characters is too easily guessed";
          },
          "SECRET"));
  add_issuer_options(serve, config);
  serve
      .add_option("--outbox-bytes", config.outbox_bytes,
                  "Bytes kept for a client that reads slowly, before it is fed from the log")
      ->envname("FAIRLEAD_OUTBOX_BYTES")
      ->check(CLI::Range(16 * 1024, 64 * 1024 * 1024))
      ->capture_default_str();
  serve
      .add_option(
          "--large-room-batch-ms", config.large_room_batch_ms,
          "Rooms of more than 256 sessions on a thread are written to once in so many ms\n"
          "at most while few events come: busy ones take less processor, and up to so much\n"
          "longer. 0: as soon as there is time")
      ->envname("FAIRLEAD_LARGE_ROOM_BATCH_MS")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  serve
      .add_option("--presence-members", config.presence_members,
                  "Rooms of at most so many members are told who comes and goes; larger ones how "
                  "many are here")
      ->envname("FAIRLEAD_PRESENCE_MEMBERS")
      ->check(CLI::Range(0, 20'000))
      ->capture_default_str();
  serve
      .add_option("--heartbeat-seconds", config.heartbeat_seconds,
                  "How often a silent stream shows that it lives, for clients that do not say")
      ->envname("FAIRLEAD_HEARTBEAT_SECONDS")
      ->check(CLI::Range(limits::kHeartbeatMin_s, limits::kHeartbeatMax_s))
      ->capture_default_str();
  serve
      .add_option("--websocket-deflate", config.websocket_deflate,
                  "on: compress what many are sent, for WebSocket clients that offer it (RFC 7692)")
      ->envname("FAIRLEAD_WEBSOCKET_DEFLATE")
      ->check(CLI::IsMember({"on", "off"}))
      ->default_str("on");
  serve
      .add_option(
          "--admissions-per-s", config.admissions_per_s,
          "Realtime connections let in a second; beyond: 503 with Retry-After. 0: any number")
      ->envname("FAIRLEAD_ADMISSIONS_PER_S")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  serve
      .add_option("--admissions-burst", config.admissions_burst,
                  "... and at once; half of them only for clients that resume")
      ->envname("FAIRLEAD_ADMISSIONS_BURST")
      ->check(CLI::Range(2, 10'000'000))
      ->capture_default_str();
  serve
      .add_option("--user-admissions-per-s", config.user_admissions_per_s,
                  "... of one user, and 20 times as many at once; beyond: 429. 0: any number")
      ->envname("FAIRLEAD_USER_ADMISSIONS_PER_S")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  serve
      .add_option("--drain-seconds", config.drain_seconds,
                  "Over how long clients are told to come back when the node stops")
      ->envname("FAIRLEAD_DRAIN_SECONDS")
      ->check(CLI::Range(0, 600))
      ->capture_default_str();
  serve
      .add_option("--retention-hours", config.retention_hours,
                  "How long events can be resumed from (messages are kept for ever); 0: for ever")
      ->envname("FAIRLEAD_RETENTION_HOURS")
      ->check(CLI::Range(0, 24 * 3650))
      ->capture_default_str();
  serve.add_option("--log-level", config.log_level, "debug, info, warn or error")
      ->envname("FAIRLEAD_LOG_LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  serve
      .add_option("--audit-log", config.audit_log,
                  "File to which it is appended who did what to what, from where: logins, rooms,\n"
                  "members, deletions by others; JSON lines. SIGHUP opens it anew")
      ->envname("FAIRLEAD_AUDIT_LOG");
  serve
      .add_flag("--trusted-proxy", config.trusted_proxy,
                "Believe X-Real-IP from TCP peers too (Unix-socket peers are always believed)")
      ->envname("FAIRLEAD_TRUSTED_PROXY");
  serve.add_option("--faulty-bus-percent", config.faulty_bus_percent)
      ->envname("FAIRLEAD_FAULTY_BUS_PERCENT")
      ->check(CLI::Range(0, 100))
      ->group("");  // for tests; not in --help
}

}  // namespace fairlead::app
