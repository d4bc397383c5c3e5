#pragma once

#include <string>
#include <string_view>

#include "http/message.h"

namespace fairlead::http {

// What an answer's head depends on beside the Response.
struct AnswerContext {
  std::string request_id;
  bool head_only = false;  // HEAD: the length of a body that is not sent
  bool keep_alive = true;
  std::string more = {};  // whole header lines, as Origins::answer_lines() makes them
};

inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// Whether the answer to `context` has a body on the wire (RFC 9110 sections 6.4.1 and 9.3.2).
bool sends_body(int status, const AnswerContext& context);

// The status line and the headers that are ours, for a body of `body_bytes`; further header lines
// and the empty line are to follow.
void add_answer_head(std::string& out, int status, std::string_view content_type,
                     std::size_t body_bytes, const AnswerContext& context);

// The status line and headers with the empty line, without the body. Framing headers
// (Content-Length, Transfer-Encoding, Connection, Date, X-Request-Id) are ours alone: a Response's
// own are left out, and so is every header whose name is not a token or whose value has a CR, LF or
// NUL (CWE-113).
std::string serialise_head(const Response& response, const AnswerContext& context);

}  // namespace fairlead::http
