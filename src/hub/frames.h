#pragma once

#include "core/bytes.h"
#include "hub/transport.h"
#include "log/tail.h"
#include "protocol/framing.h"

namespace fairlead::hub {

// An event's bytes as a transport sends them; made on first use, then shared by all who need the same.
inline const Bytes& framed(log::Tail::Entry& entry, TransportKind kind, Bytes& json_slot) {
  switch (kind) {
    case TransportKind::kWebSocket:
      if (!entry.websocket) {
        entry.websocket = make_bytes(protocol::websocket_text_frame(entry.event->json));
      }
      return entry.websocket;
    case TransportKind::kSse:
      if (!entry.sse) {
        entry.sse = make_bytes(protocol::sse_event(entry.event->json, entry.event->cursor));
      }
      return entry.sse;
    case TransportKind::kPoll: break;
  }
  json_slot = entry.json();  // shares the event itself
  return json_slot;
}

// One event that is not in the log, framed for one transport.
inline Bytes frame_ephemeral(const std::string& json, TransportKind kind) {
  switch (kind) {
    case TransportKind::kWebSocket: return make_bytes(protocol::websocket_text_frame(json));
    case TransportKind::kSse: return make_bytes(protocol::sse_event(json, {}));
    case TransportKind::kPoll: break;
  }
  return make_bytes(json);
}

}  // namespace fairlead::hub
