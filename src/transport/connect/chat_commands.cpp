#include "transport/connect/chat_commands.h"

#include "chat/requests.h"
#include "hub/shard.h"
#include "protocol/ids.h"
#include "protocol/json.h"

namespace fairlead::connect {
namespace {

using protocol::CommandOp;
using protocol::Json;

// An operation's answer as an ack's data: nothing to tell.
chat::Done<void> plain(websocket::CommandHandler::Done done) {
  return [done = std::move(done)](const Result<void>& answer) {
    if (answer) {
      done(std::string());
    } else {
      done(fail(answer.error()));
    }
  };
}

chat::Done<Message> message(websocket::CommandHandler::Done done) {
  return [done = std::move(done)](const Result<Message>& answer) {
    if (answer) {
      done(protocol::dump(protocol::to_json(*answer)));
    } else {
      done(fail(answer.error()));
    }
  };
}

}  // namespace

void ChatCommands::handle(const protocol::Command& command, const hub::Session& session,
                          Done done) {
  const auto user = session.user->profile.id;
  switch (command.op) {
    case CommandOp::kSend: send(command, user, std::move(done)); return;
    case CommandOp::kEdit: {
      const auto text = chat::parse_text(Json{{"text", command.text}});
      if (!text) {
        done(fail(text.error()));
        return;
      }
      chat_.edit(user, command.room, command.message, *text, message(std::move(done)));
      return;
    }
    case CommandOp::kDelete:
      chat_.delete_message(user, command.room, command.message, plain(std::move(done)));
      return;
    case CommandOp::kReact:
    case CommandOp::kUnreact: {
      const auto emoji = chat::check_emoji(command.emoji);
      if (!emoji) {
        done(fail(emoji.error()));
      } else if (command.op == CommandOp::kReact) {
        chat_.react(user, command.room, command.message, *emoji, plain(std::move(done)));
      } else {
        chat_.unreact(user, command.room, command.message, *emoji, plain(std::move(done)));
      }
      return;
    }
    case CommandOp::kTyping: chat_.typing(user, command.room, plain(std::move(done))); return;
    case CommandOp::kRead:
      chat_.mark_read(user, command.room, command.message, plain(std::move(done)));
      return;
    case CommandOp::kAuth: authenticate(command, session, std::move(done)); return;
    case CommandOp::kPing:
    case CommandOp::kProbe:
    case CommandOp::kReceived: break;  // about the connection: the transport has answered
  }
  done(std::string());
}

void ChatCommands::send(const protocol::Command& command, UserId user, Done done) {
  Json json = {{"text", command.text}};
  if (!command.nonce.empty()) json["nonce"] = command.nonce;
  if (command.reply_to) json["reply_to"] = protocol::to_wire(command.reply_to);
  if (!command.metadata.empty()) json["metadata"] = Json::parse(command.metadata);
  auto request = chat::parse_send(json, user, command.room);
  if (!request) {
    done(fail(request.error()));
    return;
  }
  chat_.send(std::move(*request), [done = std::move(done)](Result<chat::SendOutcome> outcome) {
    if (outcome) {
      done(std::move(outcome->json));
    } else {
      done(fail(std::move(outcome.error())));
    }
  });
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
  if (shard == nullptr) {  // it has gone elsewhere meanwhile
    done(fail(ErrorCode::kNotFound, "the session has ended"));
    return;
  }
  shard->post([shard, key = session.key, token = *identity, done = std::move(done)] {
    if (auto* found = shard->find(key)) {
      shard->reauthenticate(found, token.token_id, token.expires_at_ms);
      done(protocol::dump(Json{{"expires_at", protocol::rfc3339(token.expires_at_ms)}}));
    } else {
      done(fail(ErrorCode::kNotFound, "the session has ended"));
    }
  });
}

}  // namespace fairlead::connect
