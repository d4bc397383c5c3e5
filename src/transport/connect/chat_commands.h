#pragma once

#include <functional>

#include "auth/auth.h"
#include "chat/service.h"
#include "hub/hub.h"
#include "transport/websocket/ws_shard.h"

namespace fairlead::connect {

// WebSocket commands, said to the chat: the same operations as the REST calls, with the same rules
// and errors. handle() runs on the shard's thread; does not block; stateless.
class ChatCommands final : public websocket::CommandHandler {
 public:
  ChatCommands(chat::Service& chat, const auth::Tokens& tokens, hub::Hub& hub)
      : chat_(chat), tokens_(tokens), hub_(hub) {}

  void handle(const protocol::Command& command, const hub::Session& session, Done done) override;

 private:
  void authenticate(const protocol::Command& command, const hub::Session& session, Done done);

  chat::Service& chat_;
  const auth::Tokens& tokens_;
  hub::Hub& hub_;
};

}  // namespace fairlead::connect
