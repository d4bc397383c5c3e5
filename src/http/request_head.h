#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "core/error.h"
#include "core/limits.h"
#include "http/message.h"

namespace fairlead::http {

struct FramingLimits {
  std::size_t head_bytes_max = limits::kHeadBytesMax;
  std::size_t target_bytes_max = limits::kTargetBytesMax;
  std::size_t headers_max = limits::kHeadersMax;
  std::size_t body_bytes_max = limits::kRequestBodyBytesMax;
};

// A parsed head: the request still without its body, and how its body is framed.
struct RequestHead {
  Request request;
  std::size_t body_bytes = 0;
  bool expects_continue = false;
};

// Pure. `text` is a whole head: request line and header lines, each with its CRLF, without the
// empty line at the end. Strict where two parsers could disagree (RFC 9112 section 11.2, request
// smuggling): one Content-Length of digits only, no Transfer-Encoding, no folded lines, no space
// before a colon, exactly one Host in HTTP/1.1. Returns why it is refused, or nothing;
// `head.request` has its id (and its method as far as it is known) in both cases.
std::optional<Error> parse_request_head(std::string_view text, const FramingLimits& limits,
                                        RequestHead& head);

}  // namespace fairlead::http
