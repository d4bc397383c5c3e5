#pragma once

#include <string>
#include <string_view>

#include "chat/messages.h"
#include "chat/rooms.h"
#include "core/result.h"
#include "protocol/json.h"

// What clients ask for, out of its JSON: the same for a REST body and a WebSocket command. Pure;
// every error is `invalid_fields`, with all of the fields that are wrong.
namespace fairlead::chat {

struct NewAccount {
  std::string name;
  std::string display_name;  // the name if none was given
  std::string password;
};
Result<NewAccount> parse_new_account(const protocol::Json& json);

struct Credentials {
  std::string name;
  std::string password;
};
// Only their types and upper bounds: what no account can have is simply wrong.
Result<Credentials> parse_credentials(const protocol::Json& json);

Result<std::string> parse_display_name(const protocol::Json& json);
Result<NewRoom> parse_new_room(const protocol::Json& json);
Result<RoomChanges> parse_room_changes(const protocol::Json& json);
Result<Role> parse_role_change(const protocol::Json& json);
Result<std::int64_t> parse_mute(const protocol::Json& json);  // for so many seconds

// `idempotency_key`: the header's value, empty if there is none. It stands for `nonce`; both must
// agree.
Result<SendRequest> parse_send(const protocol::Json& json, UserId author, RoomId room,
                               std::string_view idempotency_key = {});
// The same for one whose fields have only been read, as those of a WebSocket command.
Result<SendRequest> check_send(SendRequest request);
Result<std::string> check_text(std::string text);
Result<std::string> parse_text(const protocol::Json& json);
Result<MessageId> parse_message_id_field(const protocol::Json& json);

// An emoji, or a short word like `:tada:`: 1 to 32 characters without white space or control
// characters.
Result<std::string> check_emoji(std::string_view text);

}  // namespace fairlead::chat
