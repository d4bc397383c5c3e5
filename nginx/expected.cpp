#include "nginx/expected.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "nginx/units.h"

namespace fairlead::nginx {
namespace {

using Directives = std::vector<Directive>;

Directives main_level(const Numbers& n) {
  return {
      {"worker_rlimit_nofile", std::to_string(n.descriptors), Rule::kCountAtLeast,
       "two descriptors a stream: the client's and the server's", ""},
      {"worker_shutdown_timeout", time_text(n.shutdown), Rule::kSecondsAtLeast,
       "a reload keeps streams in the old workers: none, for ever; too short, and it cuts them", "",
       time_text(n.shortest_shutdown())},
  };
}

Directives events_level(const Numbers& n) {
  return {
      {"worker_connections", std::to_string(n.connections), Rule::kCountAtLeast,
       "two for each stream; about 0.4 KB each, allocated at start", "512", "4096"},
      {"multi_accept", "on", Rule::kTaste, "a storm of reconnects is taken in one go", "off"},
  };
}

Directives http_level(const Numbers& n) {
  const auto body = size_text(n.body_bytes);
  return {
      {"sendfile", "on", Rule::kTaste, "", "off"},
      {"tcp_nopush", "on", Rule::kTaste, "", "off"},
      {"tcp_nodelay", "on", Rule::kSame, "small events would wait for acknowledgements", "on"},
      {"server_tokens", "off", Rule::kTaste, "", "on"},
      {"reset_timedout_connection", "on", Rule::kTaste,
       "a dead client's buffers are not kept for a FIN that nobody answers", "off"},
      {"client_header_buffer_size", "2k", Rule::kTaste,
       "kept for a stream's life: small, but a usual head (token and cookie: 1 KB) must fit", "1k"},
      {"large_client_header_buffers", "4 " + size_text(n.head_bytes), Rule::kBytesAtLeast,
       "the server takes a head so large; smaller, and tokens or tickets are 400 or 414", "4 8k"},
      {"connection_pool_size", "256", Rule::kTaste, "", "512"},
      {"request_pool_size", "880", Rule::kTaste,
       "measured: a stream's needs fill several of these with the least left over", "4k"},
      {"client_max_body_size", body, Rule::kBytesAtLeast, "the server's limit too; beyond: 413",
       "1m"},
      {"client_body_buffer_size", body, Rule::kTaste, "a body never touches the disk", "16k"},
      {"client_header_timeout", time_text(n.head), Rule::kTaste, "as long as the server waits",
       "60s"},
      {"client_body_timeout", time_text(n.body), Rule::kTaste, "as long as the server waits",
       "60s"},
      {"send_timeout", time_text(n.unread), Rule::kSecondsAtLeast,
       "the server ends a client that reads nothing, with a word: nginx must not be first", "60s",
       time_text(limits::kSlowClientTimeout)},
      {"keepalive_timeout", time_text(n.client_idle), Rule::kTaste, "as long as the server waits",
       "75s"},
      {"keepalive_requests", "100000", Rule::kTaste, "", "1000"},
      {"gzip", "off", Rule::kTaste, "on for the pages alone (BREACH; streams are held back)",
       "off"},
      {"limit_conn_status", "429", Rule::kSame, "clients take 503 for an outage", "503"},
      {"limit_req_status", "429", Rule::kSame, "clients take 503 for an outage", "503"},
      {"real_ip_header", "X-Forwarded-For", Rule::kTaste,
       "counts for the peers that set_real_ip_from names, and for nobody else", "X-Real-IP"},
      {"real_ip_recursive", "on", Rule::kTaste, "", "off"},
  };
}

Directives upstream_level(const Numbers& n) {
  return {
      {"server max_fails", "0", Rule::kSame,
       "one held poll that was cut would take a node out for everybody", "1"},
      {"keepalive", std::to_string(n.connections / 4), Rule::kPresent,
       "idle ones: after a burst of events as many as polls were held, and all poll again", ""},
      {"keepalive_requests", "1000000", Rule::kTaste, "", "1000"},
      {"keepalive_timeout", time_text(n.upstream_idle), Rule::kSecondsAtMost,
       "below the server's: nginx never writes to a connection that is being closed", "60s"},
  };
}

Directives tls_level() {
  return {
      {"ssl_protocols", "TLSv1.2 TLSv1.3", Rule::kTaste, "", "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"},
      {"ssl_ciphers",
       "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
       "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305",
       Rule::kTaste, "", "HIGH:!aNULL:!MD5"},
      {"ssl_prefer_server_ciphers", "off", Rule::kTaste, "", "off"},
      {"ssl_session_cache", "shared:fairlead:10m", Rule::kPresent, "a storm of reconnects resumes",
       ""},
      {"ssl_session_timeout", "1d", Rule::kTaste, "", "5m"},
      {"ssl_session_tickets", "off", Rule::kTaste, "", "on"},
      {"ssl_buffer_size", "1400", Rule::kBytesAtMost,
       "kept for each stream; a record that fits one segment is read as soon as that comes", "16k"},
      {"http2_pool_size", "2k", Rule::kTaste, "", "4k"},
      {"http2_max_concurrent_streams", "64", Rule::kTaste, "", "128"},
  };
}

// What every proxied location shares.
Directives proxied(const Numbers& n) {
  return {
      {"proxy_pass", "http://fairlead", Rule::kPresent, "", ""},
      {"proxy_http_version", "1.1", Rule::kSame,
       "over 1.0 there is no WebSocket, and a stream ends with its connection", "1.0"},
      {"proxy_set_header Host", "$fairlead_host", Rule::kPresent,
       "with its port: the server compares a page's Origin with it", "$proxy_host"},
      {"proxy_set_header Upgrade", "$fairlead_upgrade", Rule::kTaste,
       "websocket alone: h2c and the rest never reach the server", ""},
      {"proxy_set_header Connection", "$fairlead_connection", Rule::kTaste,
       "upgrade, or keep-alive", "close"},
      {"proxy_set_header X-Request-Id", "$fairlead_request_id", Rule::kTaste, "", ""},
      {"proxy_set_header X-Real-IP", "$remote_addr", Rule::kPresent,
       "without it all clients share one address, and its limits", ""},
      {"proxy_set_header X-Forwarded-For", "$remote_addr", Rule::kTaste,
       "replaced, not appended: what a client claims is not passed on", ""},
      {"proxy_set_header X-Forwarded-Proto", "$fairlead_scheme", Rule::kPresent,
       "the server compares a page's Origin with it", ""},
      {"proxy_set_header Forwarded", "''", Rule::kTaste, "", ""},
      {"proxy_set_header HTTP2-Settings", "''", Rule::kTaste, "", ""},
      {"proxy_set_header TE", "''", Rule::kTaste, "", ""},
      {"proxy_pass_header", "X-Accel-Buffering", Rule::kSame,
       "nginx would eat it, and an outer nginx would hold the stream back", ""},
      {"proxy_ignore_headers", "X-Accel-Buffering", Rule::kAbsent,
       "the server says by it which answers are streams", ""},
      {"proxy_request_buffering", "on", Rule::kSame,
       "the server takes whole bodies with a Content-Length only", "on"},
      {"proxy_max_temp_file_size", "0", Rule::kTaste, "", "1024m"},
      {"proxy_cache", "off", Rule::kSame, "an answer is for one client, and for once", "off"},
      {"proxy_connect_timeout", time_text(n.connect), Rule::kTaste, "", "60s"},
      {"proxy_send_timeout", time_text(n.unread), Rule::kTaste, "", "60s"},
      {"proxy_socket_keepalive", "on", Rule::kTaste, "", "off"},
      {"add_header Strict-Transport-Security", "$fairlead_hsts always", Rule::kTaste, "", ""},
  };
}

// A stream, of either kind; `is_web_socket` says which headers it cannot do without, and that a
// buffer is needed for each direction.
Directives stream(const Numbers& n, bool is_web_socket) {
  auto all = proxied(n);
  if (is_web_socket) {
    for (auto& directive : all) {
      if (directive.name == "proxy_set_header Upgrade" ||
          directive.name == "proxy_set_header Connection") {
        directive.rule = Rule::kPresent;
        directive.why = "without it no WebSocket opens; websocket alone, h2c never gets through";
      }
    }
  }
  const auto& buffer = is_web_socket ? n.websocket_buffer : n.stream_buffer;
  const auto rule = is_web_socket ? Rule::kTaste : Rule::kSame;
  const Directives own = {
      {"proxy_buffering", "off", rule, "a buffered event stream never arrives", "on"},
      {"gzip", "off", rule, "a compressed stream is held back", "off"},
      {"proxy_buffer_size", buffer, Rule::kTaste,
       "kept for a stream's life, by a WebSocket twice: idle ones want it small, busy ones large",
       "4k"},
      {"proxy_buffers", "8 " + buffer, Rule::kTaste,
       "not used here, but nginx wants them to fit the other", "8 4k"},
      {"proxy_read_timeout", time_text(n.silence), Rule::kSecondsAtLeast,
       "longer than the longest heartbeat, or healthy streams are cut", "60s"},
      {"proxy_next_upstream", "off", Rule::kSame, "a stream or a probe is never sent twice",
       "error timeout"},
      {"limit_conn", "fairlead_streams " + std::to_string(n.streams_per_client), Rule::kTaste, "",
       ""},
  };
  all.insert(all.end(), own.begin(), own.end());
  return all;
}

Directives poll(const Numbers& n) {
  auto all = proxied(n);
  const Directives own = {
      {"proxy_buffering", "on", Rule::kTaste, "an answer with an end", "on"},
      {"proxy_buffer_size", "4k", Rule::kTaste, "", "4k"},
      {"proxy_buffers", "16 16k", Rule::kTaste, "", "8 4k"},
      {"proxy_read_timeout", time_text(n.silence), Rule::kSecondsAtLeast,
       "longer than the longest hold, or quiet polls are 504", "60s"},
      {"proxy_next_upstream", "off", Rule::kSame,
       "a replayed poll ends the first one, and every node is marked down", "error timeout"},
      {"limit_conn", "fairlead_streams " + std::to_string(n.streams_per_client), Rule::kTaste, "",
       ""},
  };
  all.insert(all.end(), own.begin(), own.end());
  return all;
}

Directives rest(const Numbers& n) {
  auto all = proxied(n);
  const Directives own = {
      {"proxy_buffering", "on", Rule::kTaste, "a slow reader does not hold the server's connection",
       "on"},
      {"proxy_buffer_size", "4k", Rule::kTaste, "", "4k"},
      {"proxy_buffers", "16 16k", Rule::kTaste, "", "8 4k"},
      {"proxy_read_timeout", time_text(n.answer), Rule::kTaste, "", "60s"},
      {"proxy_next_upstream", "error", Rule::kTaste,
       "what is idempotent and got no answer is tried elsewhere; never POST, never for slowness",
       "error timeout"},
      {"proxy_next_upstream_tries", "2", Rule::kTaste, "", "0"},
      {"proxy_next_upstream_timeout", "5s", Rule::kTaste, "", "0"},
  };
  all.insert(all.end(), own.begin(), own.end());
  return all;
}

std::string_view last_word(std::string_view text) {
  const auto space = text.find_last_of(' ');
  return space == std::string_view::npos ? text : text.substr(space + 1);
}

bool has_word(std::string_view text, std::string_view word) {
  const auto padded = " " + std::string(text) + " ";
  return padded.find(" " + std::string(word) + " ") != std::string::npos;
}

// Without the quotes that a word may wear.
std::string_view bare(std::string_view text) {
  const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
                      text.front() == text.back();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

std::optional<std::uint64_t> count_of(std::string_view text) {
  std::uint64_t count = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, count);
  if (problem != std::errc() || stop != end) return std::nullopt;
  return count;
}

}  // namespace

std::string_view name_of(Level level) {
  static constexpr std::array<std::string_view, 9> kNames = {
      "main", "events", "http", "upstream", "TLS", "stream", "WebSocket", "poll", "REST"};
  return kNames.at(static_cast<std::size_t>(level));
}

std::string_view example_path(Level level) {
  switch (level) {
    case Level::kStream:
      return "/rt/v1/sse";
    case Level::kWebSocket:
      return "/rt/v1/ws";
    case Level::kPoll:
      return "/rt/v1/poll";
    case Level::kRest:
      return "/api/v1/sync";
    default:
      return {};
  }
}

std::vector<Directive> directives_of(Level level, const Numbers& numbers) {
  switch (level) {
    case Level::kMain:
      return main_level(numbers);
    case Level::kEvents:
      return events_level(numbers);
    case Level::kHttp:
      return http_level(numbers);
    case Level::kUpstream:
      return upstream_level(numbers);
    case Level::kTls:
      return tls_level();
    case Level::kStream:
      return stream(numbers, false);
    case Level::kWebSocket:
      return stream(numbers, true);
    case Level::kPoll:
      return poll(numbers);
    case Level::kRest:
      return rest(numbers);
  }
  return {};
}

bool is_met(const Directive& directive, std::string_view found) {
  const auto value = bare(found.empty() ? directive.otherwise : found);
  const std::string_view bound = directive.bound.empty() ? directive.value : directive.bound;
  // Whether what `read` makes of it is there, and on the right side of the bound.
  const auto compares = [&](auto read, bool at_least) {
    const auto got = read(last_word(value));
    const auto wanted = read(last_word(bound));
    return got && wanted && (at_least ? *got >= *wanted : *got <= *wanted);
  };
  switch (directive.rule) {
    case Rule::kSame:
      return value == bare(bound);
    case Rule::kSecondsAtLeast:
      return compares(parse_time, true);
    case Rule::kSecondsAtMost:
      return compares(parse_time, false);
    case Rule::kBytesAtLeast:
      return compares(parse_size, true);
    case Rule::kBytesAtMost:
      return compares(parse_size, false);
    case Rule::kCountAtLeast:
      return compares(count_of, true);
    case Rule::kPresent:
      return !bare(found).empty();
    case Rule::kAbsent:
      return !has_word(value, bound);
    case Rule::kTaste:
      return true;
  }
  return false;
}

}  // namespace fairlead::nginx
