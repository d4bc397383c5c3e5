#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/limits.h"
#include "core/result.h"
#include "http/message.h"
#include "hub/networks.h"

namespace fairlead::connect {

// The parameters of a realtime connection (PROTOCOL section 5), the same on every transport, in the
// query of a GET or the JSON body of a POST.
struct Parameters {
  std::optional<std::string> cursor;
  std::string session;  // empty: a new one
  std::string ticket;   // empty: none
  int heartbeat_s = limits::kHeartbeatDefault_s;
  std::vector<RoomId> rooms;  // empty: all
  bool ephemeral = true;      // events=all
  bool probe = true;
  std::optional<hub::TransportKind> fell_back_from;
  hub::Cause reason = hub::Cause::kOther;
  std::size_t padding_bytes = 0;                                // sse
  bool flush = false;                                           // sse
  bool once = false;                                            // sse
  std::chrono::seconds max_life{0};                             // sse; 0: for ever
  std::chrono::seconds timeout{limits::kPollTimeoutDefault_s};  // poll
  std::size_t limit = limits::kPollEventsDefault;               // poll
};

// `invalid_fields` names each value that cannot be understood; numbers out of range are clamped. A
// Last-Event-ID header wins over `cursor`. Whoever asks for no heartbeat gets one each
// `heartbeat_default_s` seconds. Pure.
Result<Parameters> parse_parameters(const http::Request& request,
                                    int heartbeat_default_s = limits::kHeartbeatDefault_s);

}  // namespace fairlead::connect
