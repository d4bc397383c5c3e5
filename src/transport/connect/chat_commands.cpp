#include "transport/connect/chat_commands.h"

#include "chat/commands.h"
#include "hub/shard.h"
#include "protocol/json.h"

namespace fairlead::connect {

using protocol::Json;

void ChatCommands::handle(const protocol::Command& command, const hub::Session& session,
                          Done done) {
  if (command.op == protocol::CommandOp::kAuth) {
    authenticate(command, session, std::move(done));
  } else {
    chat::run_command(chat_, session.user->profile.id, command, std::move(done));
  }
}

void ChatCommands::authenticate(const protocol::Command& command, const hub::Session& session,
                                Done done) {
  const auto identity = tokens_.check_token(command.token);
  if (!identity) {
    done(fail(identity.error()));
    return;
  }
  if (identity->user != session.user->profile.id) {
    done(fail(ErrorCode::kForbidden, "the token is another user's"));
    return;
  }
  auto* shard = hub_.find(session.id);
  const bool posted = shard != nullptr && shard->post([=, key = session.key, token = *identity] {
    if (auto* found = shard->find(key)) {
      shard->reauthenticate(found, token.token_id, token.expires_at_ms);
      done(protocol::dump(Json{{"expires_at", protocol::rfc3339(token.expires_at_ms)}}));
    } else {
      done(fail(ErrorCode::kNotFound, "the session has ended"));
    }
  });
  if (!posted) done(fail(ErrorCode::kNotFound, "the session has ended"));
}

}  // namespace fairlead::connect
