#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/rare_text.h"

namespace fairlead::websocket {

// The payloads of data frames, piece by piece as they come, become messages (RFC 6455 section 5.4,
// RFC 7692 section 7.2.2). Knows no sockets, and of control frames only that they may stand
// between. Holds no more than a message may have, compressed and not; nothing between two messages.
class MessageReader {
 public:
  struct Piece {
    std::string_view bytes;
    std::size_t rest_of_frame = 0;  // that is still to come
    bool begins_message = false;
    bool ends_message = false;
    bool rsv1 = false;  // of its frame
    bool text = true;   // of its message: it must be UTF-8
  };
  enum class Outcome : std::uint8_t {
    kMore,         // there is no message yet
    kMessage,      // message() has it
    kTooBig,       // 1009; as sent or as it would be when inflated
    kReservedBit,  // 1002: a frame that only continues a message says that it is compressed
    kBroken,       // 1007: no DEFLATE data
    kNotUtf8,      // 1007
  };
  // After an outcome that is an error the connection is closed, and nothing more is added.
  Outcome add(const Piece& piece, std::size_t bytes_max);
  // Valid until forget(), and as long as the piece that ended it.
  std::string_view message() const { return message_; }
  // Frees what the message took.
  void forget();

 private:
  Outcome finish(std::string_view payload, const Piece& last, std::size_t bytes_max);

  RareText held_;             // the pieces so far, or what was inflated
  std::string_view message_;  // into held_, or the only piece
  bool deflated_ = false;     // this message
  bool in_frame_ = false;     // the piece before did not end its frame
};

}  // namespace fairlead::websocket
