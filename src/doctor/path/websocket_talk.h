#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "doctor/path/examination.h"
#include "doctor/way/tunnel.h"
#include "load/http_response.h"
#include "load/websocket_frames.h"

namespace fairlead::doctor {

// A WebSocket to /rt/v1/ws, step by step, so that one sees at which it ends. Blocks; one thread.
class WebSocketTalk {
 public:
  using Limit = Tunnel::Limit;
  enum class Next { kMessage, kClosed, kNothing };

  // Connects and sends the handshake; `parameters` as heartbeat=20&probe=0. An empty token sends
  // none.
  static tl::expected<WebSocketTalk, Trouble> open(const Way& way, const std::string& token,
                                                   std::string_view parameters, Limit limit);
  // The answer to the handshake, its body included if it is no 101. Status 0: none came.
  Answer handshake(Limit limit);
  bool accepted() const { return accepted_; }  // 101, and with the right Sec-WebSocket-Accept
  bool say(std::string_view json, Limit limit);
  // The next text message (pings are answered meanwhile), as JSON text.
  Next next(std::string& message, Limit limit);

 private:
  WebSocketTalk(Tunnel tunnel, std::string key)
      : tunnel_(std::move(tunnel)), key_(std::move(key)) {}
  void take(std::string_view bytes);

  Tunnel tunnel_;
  std::string key_;
  load::FrameParser frames_;
  std::vector<std::string> messages_;  // at most kMessagesMax wait
  std::string pongs_;
  bool accepted_ = false;
  bool closed_ = false;
};

}  // namespace fairlead::doctor
