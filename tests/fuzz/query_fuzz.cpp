// The parameters of a realtime connection, from a query and from a body: clamped, or refused.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/origins.h"
#include "transport/connect/connect_parameters.h"
#include "transport/connect/handshake.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fairlead;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  http::Request request;
  // Lines of `name=value`: the first byte of a name says whether it is a header or a parameter.
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.starts_with("{")) {
      request.method = http::Method::kPost;
      request.body = std::string(line);
      continue;
    }
    const auto at = std::min(line.find('='), line.size());
    const std::string name(line.substr(0, at));
    const std::string value(line.substr(std::min(at + 1, line.size())));
    if (name.starts_with("h:")) {
      request.headers.emplace_back(name.substr(2), value);
    } else {
      request.query.emplace_back(name, value);
    }
  }
  (void)connect::asks_for_websocket(request);
  (void)connect::accepts_event_stream(request);
  (void)connect::subprotocol_token(request);
  (void)http::Origins({"https://a.example"}).may_call(request);
  if (const auto handshake = connect::parse_handshake(request)) {
    if (handshake->key.size() != 24) std::abort();
  }
  if (const auto p = connect::parse_parameters(request)) {
    if (p->heartbeat_s < limits::kHeartbeatMin_s || p->heartbeat_s > limits::kHeartbeatMax_s ||
        p->padding_bytes > limits::kPaddingBytesMax || p->timeout.count() < 0 ||
        p->timeout.count() > limits::kPollTimeoutMax_s || p->limit < 1 ||
        p->limit > limits::kPollEventsMax || p->max_life.count() < 0) {
      std::abort();
    }
  }
  return 0;
}
