#pragma once

#include "hub/transport.h"
#include "protocol/framing.h"
#include "store/event.h"

namespace fairlead::hub {

// An event's bytes as a kind of transport sends them.
inline void add_frame(std::string& out, const store::Event& event, TransportKind kind) {
  switch (kind) {
    case TransportKind::kWebSocket:
      protocol::add_websocket_text_frame(out, event.json);
      return;
    case TransportKind::kSse:
      protocol::add_sse_event(out, event.json, event.cursor);
      return;
    case TransportKind::kPoll:
      protocol::add_poll_line(out, event.json, /*durable=*/true);
      return;
  }
}

// The same for one that is not in the log.
inline void add_frame(std::string& out, std::string_view json, TransportKind kind) {
  switch (kind) {
    case TransportKind::kWebSocket:
      protocol::add_websocket_text_frame(out, json);
      return;
    case TransportKind::kSse:
      protocol::add_sse_event(out, json, {});
      return;
    case TransportKind::kPoll:
      protocol::add_poll_line(out, json, /*durable=*/false);
      return;
  }
}

}  // namespace fairlead::hub
