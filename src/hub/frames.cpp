#include "hub/frames.h"

#include "deflate/deflate.h"
#include "protocol/cbor.h"
#include "protocol/framing.h"

namespace fairlead::hub {
namespace {

using protocol::WebSocketFrame;

// Less becomes hardly less: a typing event of 150 bytes saves 20, one of 400 saves 150.
constexpr std::size_t kWorthDeflating = 200;

void add_deflated(std::string& out, std::string_view json) {
  static thread_local std::string compressed;
  compressed.clear();
  if (json.size() >= kWorthDeflating && deflate::add_compressed(compressed, json)) {
    protocol::add_websocket_frame(out, WebSocketFrame::kDeflatedText, compressed);
  } else {
    protocol::add_websocket_frame(out, WebSocketFrame::kText, json);
  }
}

void add_as_cbor(std::string& out, std::string_view json) {
  static thread_local std::string cbor;
  cbor.clear();
  protocol::add_cbor(cbor, json);
  protocol::add_websocket_frame(out, WebSocketFrame::kBinary, cbor);
}

void add(std::string& out, std::string_view json, std::string_view cursor, WireForm form) {
  switch (form) {
    case WireForm::kWebSocket:
    case WireForm::kWebSocketDeflated:
      protocol::add_websocket_frame(out, WebSocketFrame::kText, json);
      return;
    case WireForm::kWebSocketCbor:
      add_as_cbor(out, json);
      return;
    case WireForm::kSse:
      protocol::add_sse_event(out, json, cursor);
      return;
    case WireForm::kPoll:
      protocol::add_poll_line(out, json, /*durable=*/!cursor.empty());
      return;
  }
}

void add_shared(std::string& out, std::string_view json, std::string_view cursor, WireForm form) {
  if (form == WireForm::kWebSocketDeflated) {
    add_deflated(out, json);
  } else {
    add(out, json, cursor, form);
  }
}

}  // namespace

void add_frame(std::string& out, const store::Event& event, WireForm form) {
  add(out, event.json, event.cursor, form);
}

void add_frame(std::string& out, std::string_view json, WireForm form) {
  add(out, json, {}, form);
}

void add_shared_frame(std::string& out, const store::Event& event, WireForm form) {
  add_shared(out, event.json, event.cursor, form);
}

void add_shared_frame(std::string& out, std::string_view json, WireForm form) {
  add_shared(out, json, {}, form);
}

}  // namespace fairlead::hub
