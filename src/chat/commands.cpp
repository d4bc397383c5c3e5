#include "chat/commands.h"

#include <utility>

#include "chat/requests.h"
#include "protocol/json.h"

namespace fairlead::chat {
namespace {

Done<void> without_data(Done<std::string> done) {
  return [done = std::move(done)](Result<void> answer) {
    if (!answer) return done(fail(std::move(answer.error())));
    done("{}");
  };
}

void send(Service& service, UserId caller, protocol::Command command, Done<std::string> done) {
  SendRequest wanted;
  wanted.author = caller;
  wanted.room = command.room;
  wanted.text = std::move(command.text);
  wanted.nonce = std::move(command.nonce);
  wanted.reply_to = command.reply_to;
  wanted.metadata = std::move(command.metadata);
  auto request = check_send(std::move(wanted));
  if (!request) return done(fail(std::move(request.error())));
  service.send(std::move(*request), [done = std::move(done)](Result<SendOutcome> outcome) {
    if (!outcome) return done(fail(std::move(outcome.error())));
    done(std::move(outcome->json));
  });
}

void edit(Service& service, UserId caller, protocol::Command command, Done<std::string> done) {
  auto text = check_text(std::move(command.text));
  if (!text) return done(fail(std::move(text.error())));
  service.edit(caller, command.room, command.message, std::move(*text),
               [done = std::move(done)](Result<Message> message) {
                 if (!message) return done(fail(std::move(message.error())));
                 done(protocol::message_json(*message));
               });
}

}  // namespace

void run_command(Service& service, UserId caller, protocol::Command command,
                 Done<std::string> done) {
  using Op = protocol::CommandOp;
  const auto room = command.room;
  const auto message = command.message;
  switch (command.op) {
    case Op::kSend:
      return send(service, caller, std::move(command), std::move(done));
    case Op::kEdit:
      return edit(service, caller, std::move(command), std::move(done));
    case Op::kDelete:
      return service.delete_message(caller, room, message,
                                    [done = std::move(done)](Result<Deletion> deletion) {
                                      if (!deletion) return done(fail(deletion.error()));
                                      done("{}");
                                    });
    case Op::kTyping:
      return service.typing(caller, room, without_data(std::move(done)));
    case Op::kRead:
      return service.mark_read(caller, room, message, without_data(std::move(done)));
    case Op::kReact:
    case Op::kUnreact: {
      auto emoji = check_emoji(command.emoji);
      if (!emoji) return done(fail(std::move(emoji.error())));
      auto answer = without_data(std::move(done));
      if (command.op == Op::kReact) {
        return service.react(caller, room, message, std::move(*emoji), std::move(answer));
      }
      return service.unreact(caller, room, message, std::move(*emoji), std::move(answer));
    }
    case Op::kPing:
    case Op::kProbe:
    case Op::kAuth:
    case Op::kReceived:
      break;
  }
  done(fail(ErrorCode::kBadRequest, "the chat has no such op"));
}

}  // namespace fairlead::chat
