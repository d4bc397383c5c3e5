#pragma once

#include <string>

#include "chat/service.h"
#include "protocol/command.h"

// The WebSocket's way to the chat: the same operations as REST has, by the same rules.
namespace fairlead::chat {

// Runs one of send, edit, delete, react, unreact, typing and read for `caller`. `done` gets the
// `data` of the ack as JSON text (the message for send and edit, else `{}`) or the error; threads
// as for Done. The others (ping, probe, auth, received) are the transport's own: `bad_request`.
void run_command(Service& service, UserId caller, protocol::Command command,
                 Done<std::string> done);

}  // namespace fairlead::chat
