#pragma once

#include <functional>

#include "audit/audit_log.h"
#include "auth/auth.h"
#include "chat/service.h"
#include "hub/hub.h"
#include "transport/websocket/ws_shard.h"

namespace fairlead::connect {

// WebSocket commands, said to the chat: the same operations as the REST calls, with the same rules
// and errors. handle() runs on the shard's thread; does not block; stateless.
class ChatCommands final : public websocket::CommandHandler {
 public:
  // `audit`: null, if nothing is kept.
  ChatCommands(chat::Service& chat, const auth::Authenticator& authenticator, hub::Hub& hub,
               audit::AuditLog* audit)
      : chat_(chat), authenticator_(authenticator), hub_(hub), audit_(audit) {}

  void handle(const protocol::Command& command, const hub::Session& session, Done done) override;

 private:
  void authenticate(const protocol::Command& command, const hub::Session& session, Done done);

  void delete_message(const protocol::Command& command, const hub::Session& session, Done done);

  chat::Service& chat_;
  const auth::Authenticator authenticator_;
  hub::Hub& hub_;
  audit::AuditLog* const audit_;
};

}  // namespace fairlead::connect
