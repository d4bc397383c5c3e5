#include "transport/websocket/message_reader.h"

#include "core/utf8.h"
#include "deflate/deflate.h"

namespace fairlead::websocket {

MessageReader::Outcome MessageReader::add(const Piece& piece, std::size_t bytes_max) {
  if (piece.begins_message) {
    held_ = RareText();
    deflated_ = piece.rsv1;
  } else if (piece.rsv1 && !in_frame_) {
    return Outcome::kReservedBit;
  }
  in_frame_ = piece.rest_of_frame > 0;
  if (piece.rest_of_frame > bytes_max ||
      held_.view().size() + piece.bytes.size() + piece.rest_of_frame > bytes_max) {
    return Outcome::kTooBig;
  }
  if (piece.begins_message && piece.ends_message) return finish(piece.bytes, piece, bytes_max);
  held_ += piece.bytes;
  return piece.ends_message ? finish(held_.view(), piece, bytes_max) : Outcome::kMore;
}

MessageReader::Outcome MessageReader::finish(std::string_view payload, const Piece& last,
                                             std::size_t bytes_max) {
  message_ = payload;
  if (deflated_) {
    std::string inflated;
    switch (deflate::inflate(payload, bytes_max, inflated)) {
      case deflate::Inflated::kTooLong:
        return Outcome::kTooBig;
      case deflate::Inflated::kBroken:
        return Outcome::kBroken;
      case deflate::Inflated::kWhole:
        break;
    }
    held_ = std::move(inflated);
    message_ = held_.view();
  }
  return !last.text || is_utf8(message_) ? Outcome::kMessage : Outcome::kNotUtf8;
}

void MessageReader::forget() {
  message_ = {};
  held_ = RareText();
}

}  // namespace fairlead::websocket
