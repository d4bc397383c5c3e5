#include "transport/connect/handshake.h"

#include <strings.h>

#include <algorithm>

#include "protocol/framing.h"

namespace fairlead::connect {
namespace {

constexpr std::string_view kBearerPrefix = "fairlead.bearer.";

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// Calls `visit` with each entry of every header of that name; stops when it returns true.
template <typename Visit>
bool any_entry(const http::Request& request, std::string_view name, Visit visit) {
  for (const auto& [header, value] : request.headers) {
    if (header != name) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const auto comma = std::min(rest.find(','), rest.size());
      auto entry = rest.substr(0, comma);
      while (!entry.empty() && (entry.front() == ' ' || entry.front() == '\t'))
        entry.remove_prefix(1);
      while (!entry.empty() && (entry.back() == ' ' || entry.back() == '\t'))
        entry.remove_suffix(1);
      if (!entry.empty() && visit(entry)) return true;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return false;
}

bool is_websocket_key(std::string_view key) {  // 16 bytes in base 64
  if (key.size() != 24 || key[22] != '=' || key[23] != '=') return false;
  return std::all_of(key.begin(), key.begin() + 22, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  });
}

}  // namespace

bool has_token(const http::Request& request, std::string_view header, std::string_view token) {
  return any_entry(request, header,
                   [&](std::string_view entry) { return same_ignoring_case(entry, token); });
}

bool asks_for_websocket(const http::Request& request) {
  return request.method == http::Method::kGet && has_token(request, "upgrade", "websocket");
}

bool accepts_event_stream(const http::Request& request) {
  return any_entry(request, "accept", [](std::string_view entry) {
    return same_ignoring_case(entry.substr(0, entry.find(';')), "text/event-stream");
  });
}

Result<websocket::Handshake> parse_handshake(const http::Request& request) {
  if (request.http_1_0 || !has_token(request, "connection", "upgrade")) {
    return fail(ErrorCode::kBadRequest,
                "a WebSocket handshake needs HTTP/1.1 and Connection: Upgrade");
  }
  if (request.header("sec-websocket-version").value_or("") != "13") {
    auto refusal =
        error(ErrorCode::kUpgradeRequired, "only Sec-WebSocket-Version 13 is spoken here");
    refusal.headers.emplace("Sec-WebSocket-Version", "13");
    return fail(std::move(refusal));
  }
  websocket::Handshake handshake;
  handshake.key = request.header("sec-websocket-key").value_or("");
  if (!is_websocket_key(handshake.key)) {
    return fail(ErrorCode::kBadRequest, "Sec-WebSocket-Key must be 16 bytes in base 64");
  }
  bool offered_any = false;
  bool offered_bearer_only = true;
  any_entry(request, "sec-websocket-protocol", [&](std::string_view entry) {
    offered_any = true;
    if (!entry.starts_with(kBearerPrefix)) offered_bearer_only = false;
    if (entry == protocol::kJsonSubprotocol) handshake.echo_subprotocol = true;
    return false;
  });
  if (offered_any && !offered_bearer_only && !handshake.echo_subprotocol) {
    return fail(ErrorCode::kBadRequest, "offer the subprotocol fairlead.v1.json, or none");
  }
  handshake.request_id = request.id;
  return handshake;
}

std::optional<std::string> subprotocol_token(const http::Request& request) {
  std::optional<std::string> token;
  any_entry(request, "sec-websocket-protocol", [&](std::string_view entry) {
    if (!entry.starts_with(kBearerPrefix)) return false;
    token = std::string(entry.substr(kBearerPrefix.size()));
    return true;
  });
  return token;
}

bool origin_allowed(const http::Request& request, const std::vector<std::string>& allowed) {
  const auto origin = request.header("origin");
  if (!origin) return true;
  for (const auto& one : allowed) {
    if (one == "*" || same_ignoring_case(one, *origin)) return true;
  }
  // A browser's own word, which no page can set, and which survives a proxy that changes Host.
  if (request.header("sec-fetch-site").value_or("") == "same-origin") return true;
  const auto scheme_end = origin->find("://");
  if (scheme_end == std::string_view::npos) return false;
  const auto host = origin->substr(scheme_end + 3);
  // Pages cannot set this one either: not on a WebSocket, elsewhere not without asking us (CORS).
  const auto is_host = [&](std::string_view entry) { return same_ignoring_case(entry, host); };
  return is_host(request.header("host").value_or("")) ||
         any_entry(request, "x-forwarded-host", is_host);
}

}  // namespace fairlead::connect
