#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/response_writer.h"

namespace fairlead::poll {

// The body of one answer (PROTOCOL, "Long poll").
struct PollAnswer {
  std::string session;
  std::string cursor;  // the next request's: only that acknowledges
  std::string_view
      lines;  // whole events, each byte for byte as on every transport (protocol/framing.h)
  int heartbeat_s = 0;
  std::int64_t poll_again_ms = 0;
  bool superseded = false;
};

std::string to_json(const PollAnswer& answer);

// The whole response, head and body. Without an id in `context` one is made.
std::string to_response(const PollAnswer& answer, http::AnswerContext context);

}  // namespace fairlead::poll
