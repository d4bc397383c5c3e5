#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"

namespace fairlead::poll {

// The body of one answer (PROTOCOL, "Long poll"). Pure.
struct PollAnswer {
  std::string session;
  std::string cursor;              // the next request's: only that acknowledges
  std::vector<Bytes> events;       // each a whole event's JSON, byte for byte as on every transport
  int heartbeat_s = 0;
  std::int64_t poll_again_ms = 0;
  bool superseded = false;
};

std::string to_json(const PollAnswer& answer);

}  // namespace fairlead::poll
