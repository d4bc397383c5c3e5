// The parser of commands in CBOR: what is taken is what JSON could have said, means the same there,
// and comes back from our own encoder.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "protocol/cbor.h"
#include "protocol/command.h"

using namespace fairlead;  // NOLINT: a fuzzer

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto command = protocol::parse_cbor_command(bytes);
  const auto object = protocol::parse_cbor_object(bytes);
  if (!object) {
    if (command || command.error().error.code != ErrorCode::kMalformedJson) std::abort();
    return 0;
  }
  const auto text = protocol::dump(*object);
  std::string again;
  protocol::add_cbor(again, text);
  const auto back = protocol::parse_cbor_object(again);
  if (!back || protocol::dump(*back) != text) std::abort();
  const auto in_json = protocol::parse_command(text);
  if (command.has_value() != in_json.has_value()) std::abort();
  if (command && (command->op != in_json->op || command->ref != in_json->ref)) std::abort();
  return 0;
}
