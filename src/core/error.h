#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead {

// Every way a request can be refused. What each one looks like on the wire (HTTP status, problem
// `code`, title, WebSocket close code) stands in one table, in error.cpp.
enum class ErrorCode : std::uint8_t {
  kBadRequest,
  kMalformedJson,
  kUnauthorized,
  kBadCredentials,
  kForbidden,
  kNotAMember,
  kMuted,
  kNotFound,
  kMethodNotAllowed,
  kNotAcceptable,
  kRequestTimeout,
  kConflict,
  kNameTaken,
  kNonceReused,
  kContentTooLarge,
  kUriTooLong,
  kUnsupportedMediaType,
  kInvalidFields,
  kUpgradeRequired,
  kRateLimited,
  kSlowMode,
  kHeaderFieldsTooLarge,
  kInternal,
  kNotImplemented,
  kOverloaded,
  kStoreUnavailable,
  kShuttingDown,
  kHttpVersionNotSupported,
};

struct ErrorTraits {
  int http_status;
  std::string_view code;   // stable snake_case word: problem+json `code`
  std::string_view title;  // short, the same for every occurrence (RFC 9457 section 3.1.3)
  int close_code;          // WebSocket close code when the error ends a session
};

// Total: every ErrorCode has traits. Any thread, does not block.
const ErrorTraits& traits(ErrorCode code);

// An expected failure on its way to the client. `detail` is shown to the client: say what to do, never
// what only the operator may know.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string detail;
  std::map<std::string, std::string> fields = {};      // 422 only: field name -> why
  std::optional<std::int64_t> retry_after_s = {};      // 429 and 503: Retry-After, seconds
  std::map<std::string, std::string> headers = {};     // further response headers (RateLimit-*, Allow)
};

inline Error error(ErrorCode code, std::string detail = {}) { return Error{code, std::move(detail)}; }
inline Error field_error(std::string field, std::string why) {
  Error e{ErrorCode::kInvalidFields, field + ": " + why};
  e.fields.emplace(std::move(field), std::move(why));
  return e;
}

}  // namespace fairlead
