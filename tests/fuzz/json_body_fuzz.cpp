// Whatever a body holds: refused, or an object that can be written again and still means the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "chat/requests.h"
#include "core/limits.h"
#include "protocol/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fairlead;
  const auto json = protocol::parse_object({reinterpret_cast<const char*>(data), size});
  if (!json) return 0;
  if (!json->is_object()) std::abort();
  const auto again = protocol::parse_object(protocol::dump(*json));
  if (!again || protocol::dump(*again) != protocol::dump(*json)) std::abort();
  (void)chat::parse_new_account(*json);
  (void)chat::parse_credentials(*json);
  (void)chat::parse_new_room(*json);
  (void)chat::parse_room_changes(*json);
  const auto send = chat::parse_send(*json, UserId(1), RoomId(1));
  if (send && protocol::characters(send->text) > limits::kMessageCharsMax) std::abort();
  return 0;
}
