// The parser of WebSocket commands: whatever a client says is a command or a refusal, and the
// answer to it is one JSON object that echoes the ref.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "protocol/command.h"
#include "protocol/json.h"

using namespace fairlead;  // NOLINT: a fuzzer

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto command = protocol::parse_command(text);
  const auto answer = command
                          ? protocol::ack_json(command->ref, command->metadata)
                          : protocol::error_json(command.error().ref, command.error().error, "id");
  const auto parsed = protocol::Json::parse(answer, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object() || !parsed.contains("ref")) std::abort();
  if (!command) return 0;

  // What was accepted is an object, and its ref came back as it was.
  const auto said = protocol::parse_object(text);
  if (!said) std::abort();
  const auto ref = said->find("ref");
  if (ref != said->end() && *ref != parsed["ref"]) std::abort();
  if (protocol::to_wire(command->op).empty()) std::abort();
  return 0;
}
