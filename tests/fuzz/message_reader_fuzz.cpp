// What a WebSocket client sends, cut into frames and pieces by the input itself: it becomes
// messages within their bounds, and what is a whole compressed message stays one however it is cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/utf8.h"
#include "deflate/deflate.h"
#include "transport/websocket/message_reader.h"

using namespace fairlead;  // NOLINT: a fuzzer
using websocket::MessageReader;

namespace {

constexpr std::size_t kBytesMax = 4096;

void check(const MessageReader& reader) {
  const auto message = reader.message();
  if (message.size() > kBytesMax || !is_utf8(message)) std::abort();
}

// Of two octets of orders and then a piece: as long as there is input.
void read_as_told(std::string_view input) {
  MessageReader reader;
  bool in_message = false, in_frame = false, rsv1 = false, fin = false;
  std::size_t rest = 0;
  while (input.size() >= 2) {
    const auto order = static_cast<unsigned char>(input[0]);
    const std::size_t bytes = static_cast<unsigned char>(input[1]);
    input.remove_prefix(2);
    const auto piece = input.substr(0, std::min(bytes, input.size()));
    input.remove_prefix(piece.size());
    if (!in_frame) {
      rsv1 = (order & 1) != 0;
      fin = (order & 2) != 0;
    }
    rest = (order & 4) != 0 ? order : 0;
    const auto outcome = reader.add({piece, rest, !in_message, fin && rest == 0, rsv1}, kBytesMax);
    in_frame = rest > 0;
    in_message = in_frame || !fin;
    if (outcome == MessageReader::Outcome::kMore) continue;
    if (outcome != MessageReader::Outcome::kMessage) return;
    check(reader);
    reader.forget();
  }
}

// The whole input is a compressed message: in one frame, and octet by octet.
void read_whole_and_in_pieces(std::string_view input) {
  MessageReader whole, pieces;
  const auto outcome = whole.add({input, 0, true, true, true}, kBytesMax);
  auto last = MessageReader::Outcome::kMore;
  for (std::size_t i = 0; i < input.size() && last == MessageReader::Outcome::kMore; ++i) {
    last = pieces.add(
        {input.substr(i, 1), input.size() - i - 1, i == 0, i + 1 == input.size(), true}, kBytesMax);
  }
  if (!input.empty() && (outcome != last || whole.message() != pieces.message())) std::abort();
  if (outcome == MessageReader::Outcome::kMessage) check(whole);
}

void there_and_back(std::string_view text) {
  std::string payload, message;
  if (!deflate::add_compressed(payload, text)) return;
  if (payload.size() >= text.size()) std::abort();
  if (deflate::inflate(payload, text.size(), message) != deflate::Inflated::kWhole) std::abort();
  if (message != text) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  read_as_told(input);
  read_whole_and_in_pieces(input);
  there_and_back(input);
  return 0;
}
