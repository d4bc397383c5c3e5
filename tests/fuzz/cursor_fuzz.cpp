// What is accepted as a cursor or an id must be exactly what we would have written.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "protocol/cursor.h"
#include "protocol/ids.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  using namespace fairlead::protocol;
  if (const auto cursor = decode_cursor(text)) {
    if (encode_cursor(cursor->epoch, cursor->position) != text) std::abort();
  }
  if (const auto user = parse_user_id(text); user && to_wire(*user) != text) std::abort();
  if (const auto room = parse_room_id(text); room && to_wire(*room) != text) std::abort();
  if (const auto message = parse_message_id(text); message && to_wire(*message) != text) std::abort();
  return 0;
}
