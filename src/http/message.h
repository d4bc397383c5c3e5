#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/text.h"

namespace fairlead::http {

enum class Method { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions };

std::string_view to_string(Method method);

// One whole request, past the framing guard: every size is within limits.h, every header byte is legal.
// Plain data, copied freely; lives as long as its holder wants.
struct Request {
  Method method = Method::kGet;  // after X-HTTP-Method-Override
  std::string path;              // as sent, without the query; still percent-encoded
  std::string id;                // X-Request-Id: the client's if well formed, else made here
  std::string client_ip;         // the peer's, or X-Real-IP if the peer is trusted
  bool secure = false;           // the browser speaks https, as a trusted peer says (X-Forwarded-Proto)
  std::string body;
  bool http_1_0 = false;
  bool keep_alive = true;
  std::map<std::string, std::string, std::less<>> params;           // ":room" -> percent-decoded segment
  std::vector<std::pair<std::string, std::string>> query;           // percent-decoded, in order
  std::vector<std::pair<std::string, std::string>> headers;         // names in lower case, in order

  // The first of that name. `name` in lower case for headers.
  std::optional<std::string_view> header(std::string_view name) const;
  std::optional<std::string_view> query_value(std::string_view name) const;
  std::string_view param(std::string_view name) const;              // empty if there is none
  // Whether `is` holds of an entry of the lists in all headers of that name (fairlead::any_entry).
  template <typename Is>
  bool any_entry(std::string_view name, Is is) const {
    return std::ranges::any_of(headers, [&](const auto& header) {
      return header.first == name && fairlead::any_entry(header.second, is);
    });
  }
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body = {};
  // Names and values are checked when written: CR, LF and NUL never leave (CWE-113).
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// RFC 9457: `{"type","title","status","code","detail","request_id"[,"fields"]}`, with Retry-After and
// the error's further headers.
Response problem(const Error& error, std::string_view request_id);

}  // namespace fairlead::http
