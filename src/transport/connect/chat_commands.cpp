#include "transport/connect/chat_commands.h"

#include "chat/commands.h"
#include "hub/shard.h"
#include "protocol/ids.h"
#include "protocol/json.h"
#include "transport/connect/token_of.h"

namespace fairlead::connect {

using protocol::Json;

void ChatCommands::handle(const protocol::Command& command, const hub::Session& session,
                          Done done) {
  if (command.op == protocol::CommandOp::kAuth) {
    authenticate(command, session, std::move(done));
  } else if (command.op == protocol::CommandOp::kDelete) {
    delete_message(command, session, std::move(done));
  } else {
    chat::run_command(chat_, session.user->profile.id, command, std::move(done));
  }
}

void ChatCommands::delete_message(const protocol::Command& command, const hub::Session& session,
                                  Done done) {
  const auto user = session.user->profile.id;
  audit::Entry entry{.action = "message_deleted_by_another",
                     .user = protocol::to_wire(user),
                     .target = protocol::to_wire(command.message),
                     .room = protocol::to_wire(command.room),
                     .session = std::string(session.id)};
  chat_.delete_message(
      user, command.room, command.message,
      [this, entry = std::move(entry), done = std::move(done)](Result<chat::Deletion> deletion) {
        if (!deletion) return done(fail(deletion.error()));
        const bool noted = *deletion == chat::Deletion::kByAnother;
        if (noted && audit_ != nullptr) audit_->note(entry);
        done("{}");
      });
}

void ChatCommands::authenticate(const protocol::Command& command, const hub::Session& session,
                                Done done) {
  authenticator_.check(
      command.token, [this, user = session.user->profile.id, id = std::string(session.id),
                      done = std::move(done)](const Result<auth::Identity>& identity) {
        if (!identity) return done(fail(identity.error()));
        if (identity->user != user) {
          return done(fail(ErrorCode::kForbidden, "the token is another user's"));
        }
        auto* shard = hub_.find(id);
        const bool posted = shard != nullptr && shard->post([=, token = *identity] {
          if (auto* found = shard->find(id)) {  // it may have moved here meanwhile
            shard->reauthenticate(found, token_of(token));
            done(protocol::dump(Json{{"expires_at", protocol::rfc3339(token.expires_at_ms)}}));
          } else {
            done(fail(ErrorCode::kNotFound, "the session has ended"));
          }
        });
        if (!posted) done(fail(ErrorCode::kNotFound, "the session has ended"));
      });
}

}  // namespace fairlead::connect
