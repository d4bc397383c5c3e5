#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fairlead::poll {

// The body of one answer (PROTOCOL, "Long poll"). Pure.
struct PollAnswer {
  std::string session;
  std::string cursor;              // the next request's: only that acknowledges
  std::string_view lines;          // whole events, each byte for byte as on every transport (protocol/framing.h)
  int heartbeat_s = 0;
  std::int64_t poll_again_ms = 0;
  bool superseded = false;
};

std::string to_json(const PollAnswer& answer);

}  // namespace fairlead::poll
