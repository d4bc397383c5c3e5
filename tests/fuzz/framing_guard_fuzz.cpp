// Whatever arrives, and however it is split: the guard's promises hold, and the same bytes make the
// same requests.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "http/framing_guard.h"
#include "http/percent_decode.h"
#include "http/request_id.h"

namespace {

using fairlead::http::FramingGuard;
using fairlead::http::FramingLimits;
using fairlead::http::Request;

// An assert that a release build keeps.
void require(bool holds) {
  if (!holds) std::abort();
}

constexpr FramingLimits kLimits{
    .head_bytes_max = 512, .target_bytes_max = 128, .headers_max = 8, .body_bytes_max = 256};

void check(const Request& request) {
  require(request.path == "*" || request.path.starts_with('/'));
  require(request.path.size() <= kLimits.target_bytes_max);
  require(fairlead::http::percent_decode(request.path, fairlead::http::Plus::kLiteral).has_value());
  require(fairlead::http::is_request_id(request.id));
  require(request.body.size() <= kLimits.body_bytes_max);
  require(request.headers.size() <=
          kLimits.headers_max + 1);  // a Host from the target may be added
  for (const auto& [name, value] : request.headers) {
    require(!name.empty());
    for (const char c : name) require(c > ' ' && c < 0x7F && c != ':' && !(c >= 'A' && c <= 'Z'));
    require(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    require(name != "transfer-encoding");
  }
  for (const auto& [name, value] : request.query) {
    require(fairlead::http::is_utf8(name) && fairlead::http::is_utf8(value));
    require(name.find('\0') == std::string::npos && value.find('\0') == std::string::npos);
  }
}

struct Outcome {
  std::vector<std::string> requests;
  bool rejected = false;
  bool operator==(const Outcome&) const = default;
};

Outcome outcome_of(std::string_view input, std::size_t piece_bytes) {
  FramingGuard guard(kLimits);
  Outcome outcome;
  while (!input.empty()) {
    std::string_view piece = input.substr(0, piece_bytes);
    input.remove_prefix(piece.size());
    while (!piece.empty()) {
      switch (guard.feed(piece)) {
        case FramingGuard::Progress::kNeedMore:
          require(piece.empty());
          break;
        case FramingGuard::Progress::kComplete: {
          const Request request = guard.take_request();
          check(request);
          outcome.requests.push_back(std::string(to_string(request.method)) + request.path +
                                     request.body);
          break;
        }
        case FramingGuard::Progress::kRejected:
          require(!guard.rejected_request().id.empty());
          outcome.rejected = true;
          return outcome;
      }
    }
  }
  return outcome;
}

}  // namespace

// The first byte says how the rest is split.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = outcome_of(input, input.size());
  require(outcome_of(input, std::size_t{data[0]} + 1) == whole);
  require(outcome_of(input, 1) == whole);
  return 0;
}
