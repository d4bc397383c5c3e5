#pragma once

#include "load/receiver.h"
#include "load/websocket_frames.h"

namespace fairlead::load {

// Listens over WebSocket (PROTOCOL section 5), and answers pings.
class WebSocketReceiver final : public Receiver {
 public:
  using Receiver::Receiver;

 private:
  std::string request() override;
  void take(std::string_view bytes) override;
  void say_goodbye() override;
  void handshake(std::string_view& bytes);
  bool take_frame(Opcode opcode, std::string_view payload);
  void send(Opcode opcode, std::string_view payload);

  std::string key_;
  FrameParser frames_;
};

}  // namespace fairlead::load
