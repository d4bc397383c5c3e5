// What comes out of Redis: a message, or an error that says why not; and what was a message is one again when
// it is said again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "bus/codec.h"
#include "fallback/ladder/findings.h"

using namespace fairlead;  // NOLINT: a fuzzer

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string epoch = "0123456789ab";
  const auto message = bus::decode({reinterpret_cast<const char*>(data), size}, epoch);
  if (!message) {
    if (message.error().detail.empty()) std::abort();
    return 0;
  }
  const auto said = bus::encode(*message);
  const auto again = bus::decode(said, epoch);
  if (!again || bus::encode(*again) != said) std::abort();
  if (const auto* learnt = std::get_if<bus::NetworkLearnt>(&*message)) {
    const auto findings = ladder::Findings::from_json(learnt->findings);
    if (findings && findings->advice(findings->changed_s()).size() > 4) std::abort();
  }
  return 0;
}
