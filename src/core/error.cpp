#include "core/error.h"

#include <array>

namespace fairlead {

const ErrorTraits& traits(ErrorCode code) {
  // The order is that of the enum; tests/core/error_test.cpp checks that none is missing.
  static constexpr std::array<ErrorTraits, 28> kTable{{
      {400, "bad_request", "The request cannot be understood", 4029},
      {400, "malformed_json", "The body is not the JSON that was expected", 4029},
      {401, "unauthorized", "Authentication is missing or no longer valid", 4001},
      {401, "bad_credentials", "The name or the password is wrong", 4001},
      {403, "forbidden", "This is not allowed", 4003},
      {403, "not_a_member", "Only members of the room may do this", 4003},
      {403, "muted", "Moderators of the room have muted you", 4003},
      {404, "not_found", "There is no such thing", 4003},
      {405, "method_not_allowed", "The path does not take this method", 4003},
      {406, "not_acceptable", "None of the representations on offer is acceptable", 4003},
      {408, "request_timeout", "The request did not arrive in time", 4008},
      {409, "conflict", "The request conflicts with the present state", 4003},
      {409, "name_taken", "The name is taken", 4003},
      {409, "nonce_reused", "The nonce was used for another message", 4003},
      {413, "content_too_large", "The body is too large", 1009},
      {414, "uri_too_long", "The request target is too long", 4003},
      {415, "unsupported_media_type", "The body must be application/json", 4003},
      {422, "invalid_fields", "Some fields are not valid", 4003},
      {426, "upgrade_required", "This path speaks WebSocket only", 4003},
      {429, "rate_limited", "Too many requests", 4029},
      {429, "slow_mode", "The room is in slow mode", 4029},
      {431, "header_fields_too_large", "The request headers are too large", 4003},
      {500, "internal", "The server failed; the request id names the log line", 1011},
      {501, "not_implemented", "The server does not do this", 4003},
      {503, "overloaded", "The server is at its limit; try again", 4029},
      {503, "store_unavailable", "The store cannot be reached; nothing was changed", 4029},
      {503, "shutting_down", "This node is going away; another one takes over", 1012},
      {505, "http_version_not_supported", "Only HTTP/1.0 and HTTP/1.1 are spoken here", 4003},
  }};
  return kTable.at(static_cast<std::size_t>(code));
}

}  // namespace fairlead
