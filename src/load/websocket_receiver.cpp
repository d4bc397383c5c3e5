#include "load/websocket_receiver.h"

#include "core/random.h"

namespace fairlead::load {

std::string WebSocketReceiver::request() {
  key_ = websocket_key();
  frames_.reset();
  return head_of("/rt/v1/ws" + parameters(),
                 "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
                 "13\r\nSec-WebSocket-Key: " +
                     key_ + "\r\nSec-WebSocket-Protocol: fairlead.v1.json\r\n");
}

void WebSocketReceiver::take(std::string_view bytes) {
  if (parser().state() != ResponseParser::State::kUpgraded) handshake(bytes);
  if (parser().state() != ResponseParser::State::kUpgraded || !stream().is_open()) return;
  const bool well = frames_.feed(bytes, [this](Opcode opcode, std::string_view payload) {
    return take_frame(opcode, payload);
  });
  if (!well && !frames_.problem().empty()) cut({Failure::Kind::kProtocol, frames_.problem()});
}

void WebSocketReceiver::handshake(std::string_view& bytes) {
  switch (parser().feed(bytes, body())) {
    case ResponseParser::State::kHead:
    case ResponseParser::State::kBody:
      return;
    case ResponseParser::State::kBroken:
      return cut({Failure::Kind::kProtocol, "no HTTP response to the handshake"});
    case ResponseParser::State::kDone:
      return cut_by_refusal(body());
    case ResponseParser::State::kUpgraded:
      break;
  }
  const auto& head = parser().head();
  if (!head.has_token("upgrade", "websocket") ||
      head.header("sec-websocket-accept") != websocket_accept(key_)) {
    cut({Failure::Kind::kProtocol,
         "a 101 that is not the answer to this handshake (Sec-WebSocket-Accept)"});
  }
}

bool WebSocketReceiver::take_frame(Opcode opcode, std::string_view payload) {
  switch (opcode) {
    case Opcode::kText:
      take_event(payload);
      break;
    case Opcode::kPing:
      send(Opcode::kPong, payload);
      break;
    case Opcode::kClose:
      send(Opcode::kClose, payload.substr(0, 2));
      cut({Failure::Kind::kClosed, "the server has closed the WebSocket"});
      break;
    default:
      break;
  }
  return stream().is_open();
}

void WebSocketReceiver::say_goodbye() {
  if (parser().state() == ResponseParser::State::kUpgraded)
    send(Opcode::kClose, "\x03\xe8");  // 1000
}

void WebSocketReceiver::send(Opcode opcode, std::string_view payload) {
  std::string frame;
  append_frame(frame, opcode, payload, static_cast<std::uint32_t>(random_u64()));
  stream().write(frame);
}

}  // namespace fairlead::load
