#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "core/error.h"
#include "core/ids.h"

// What a client says over a WebSocket, and how it is answered (PROTOCOL section 5). Pure functions.
namespace fairlead::protocol {

enum class CommandOp : std::uint8_t {
  kSend,
  kEdit,
  kDelete,
  kReact,
  kUnreact,
  kTyping,
  kRead,
  kPing,
  kProbe,
  kAuth,
  kReceived,
};
std::string_view to_wire(CommandOp op);

// One command, its fields there and of the right type; whether they make sense is for the domain to
// say. What an op does not have is empty.
struct Command {
  CommandOp op = CommandOp::kPing;
  std::string ref = "null";  // JSON text, to be echoed
  RoomId room;               // send, edit, delete, react, unreact, typing, read
  MessageId message;         // edit, delete, react, unreact, read
  std::string text;          // send, edit
  std::string nonce;         // send; empty: none
  MessageId reply_to;        // send; 0: none
  std::string metadata;      // send; a JSON object as text; empty: none
  std::string emoji;         // react, unreact
  std::string probe;         // probe
  std::string token;         // auth: never logged
  std::string cursor;        // received

  bool has_ref() const { return ref != "null"; }
};

inline constexpr std::size_t kRefCharsMax = 64;

struct CommandRefusal {
  std::string ref = "null";  // the command's, if it could be read
  Error error;
};

// `malformed_json`: not one JSON object (see parse_object). `bad_request`: no known `op`, or a
// `ref` that is neither a number nor a string of at most 64 characters. `invalid_fields`: a field
// is missing or of another type. `not_found`: a room or message id that nothing ever had.
tl::expected<Command, CommandRefusal> parse_command(std::string_view text);
// The same in CBOR (see parse_cbor_object).
tl::expected<Command, CommandRefusal> parse_cbor_command(std::string_view bytes);

// `{"type":"ack","ref":…,"data":…}`; `ref` and `data` are JSON text (`data` empty: null).
std::string ack_json(std::string_view ref, std::string_view data);
// `{"type":"error","ref":…,"error":PROBLEM}`
std::string error_json(std::string_view ref, const Error& error, std::string_view request_id);

}  // namespace fairlead::protocol
