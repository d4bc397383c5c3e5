#include "http/request_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>

#include "http/percent_decode.h"
#include "http/request_id.h"

namespace fairlead::http {
namespace {

using Refusal = std::optional<Error>;

Refusal bad(std::string detail) {
  return error(ErrorCode::kBadRequest, std::move(detail));
}

// One lookup a byte: these run over every byte of every head.
constexpr auto char_table(std::string_view extra) {
  std::array<bool, 256> table{};
  for (int c = 0; c < 256; ++c) {
    table[static_cast<std::size_t>(c)] = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                                         (c >= 'a' && c <= 'z') ||
                                         extra.find(static_cast<char>(c)) != std::string_view::npos;
  }
  return table;
}
constexpr auto kTokenChars = char_table("!#$%&'*+-.^_`|~");     // RFC 9110 section 5.6.2
constexpr auto kHostChars = char_table("-._~%!$&'()*+,;=:[]");  // RFC 3986 section 3.2.2, with port
bool all_in(std::string_view text, const std::array<bool, 256>& table) {
  return std::ranges::all_of(text, [&](char c) { return table[static_cast<std::uint8_t>(c)]; });
}

bool is_token(std::string_view text) {
  return !text.empty() && all_in(text, kTokenChars);
}
// VCHAR, obs-text, SP and HTAB (RFC 9110 section 5.5): no CR, LF, NUL or other control.
bool is_field_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<std::uint8_t>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
  });
}
bool is_target(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
bool equals_ignoring_case(std::string_view a, std::string_view lower_b) {
  return a.size() == lower_b.size() && std::equal(a.begin(), a.end(), lower_b.begin(),
                                                  [](char x, char y) { return lower(x) == y; });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes one line off the front, without its CRLF.
std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find("\r\n"));
  text.remove_prefix(std::min(line.size() + 2, text.size()));
  return line;
}

std::optional<Method> method_of(std::string_view word) {
  for (const Method method : {Method::kGet, Method::kPost, Method::kHead, Method::kPut,
                              Method::kPatch, Method::kDelete, Method::kOptions}) {
    if (word == to_string(method)) return method;
  }
  return std::nullopt;
}

Refusal parse_version(std::string_view version, Request& request) {
  if (version == "HTTP/1.1") return {};
  if (version == "HTTP/1.0") {
    request.http_1_0 = true;
    request.keep_alive = false;
    return {};
  }
  const bool some_http = version.size() == 8 && version.starts_with("HTTP/") && version[6] == '.' &&
                         version[5] >= '0' && version[5] <= '9' && version[7] >= '0' &&
                         version[7] <= '9';
  if (some_http) return error(ErrorCode::kHttpVersionNotSupported, "Use HTTP/1.1");
  return bad("The request line is malformed");
}

// "/path?query", "*", or "http://host/path?query" (absolute-form, which a server must accept: RFC
// 9112 section 3.2.2). `authority` gets the host of the latter.
Refusal parse_target(std::string_view target, std::string_view& authority, Request& request) {
  if (!is_target(target)) return bad("The request target has a character that must be escaped");
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equals_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    authority = target.substr(0, target.find_first_of("/?"));
    target.remove_prefix(authority.size());
    if (authority.empty()) return bad("The request target has no host");
    if (!target.starts_with('/')) return bad("The request target has no path");
    break;
  }
  if (target == "*" && request.method == Method::kOptions) {
    request.path = "*";
    return {};
  }
  if (!target.starts_with('/')) return bad("The request target must begin with a slash");
  const std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  if (request.path.find('%') != std::string::npos &&
      !percent_decode(request.path, Plus::kLiteral)) {
    return bad("The path has an invalid percent escape");
  }
  if (mark != std::string_view::npos && !parse_query(target.substr(mark + 1), request.query)) {
    return bad("The query has an invalid percent escape");
  }
  return {};
}

// Syntax only, so that the request id is known before anything else is judged.
Refusal parse_fields(std::string_view text, const FramingLimits& limits, Request& request) {
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (request.headers.size() == limits.headers_max) {
      return error(ErrorCode::kHeaderFieldsTooLarge, "There are too many headers");
    }
    if (line.starts_with(' ') || line.starts_with('\t'))
      return bad("Folded headers are not accepted");
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return bad("A header has no colon");
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trim(line.substr(colon + 1));
    if (!is_token(name)) return bad("A header name has an illegal character");
    if (!is_field_value(value)) return bad("A header value has an illegal character");
    auto& field = request.headers.emplace_back(name, value);
    std::ranges::transform(field.first, field.first.begin(), lower);
    if (field.first == "x-request-id" && request.id.empty() && is_request_id(value))
      request.id = value;
  }
  return {};
}

// A comma-separated list's members, in lower case, each given to `f`.
template <typename F>
void for_each_member(std::string_view list, F f) {
  while (!list.empty()) {
    const std::string_view member = list.substr(0, list.find(','));
    list.remove_prefix(std::min(member.size() + 1, list.size()));
    f(trim(member));
  }
}

Refusal parse_content_length(std::string_view value, const FramingLimits& limits,
                             std::size_t& length) {
  const bool digits =
      !value.empty() && std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return bad("Content-Length is not a number");
  const auto parsed = std::from_chars(value.data(), value.data() + value.size(), length);
  if (parsed.ec != std::errc{} || length > limits.body_bytes_max) {
    return error(ErrorCode::kContentTooLarge,
                 "At most " + std::to_string(limits.body_bytes_max) + " bytes are accepted");
  }
  return {};
}

Refusal judge_fields(const FramingLimits& limits, RequestHead& head) {
  Request& request = head.request;
  bool seen_host = false;
  bool seen_length = false;
  bool close = false;
  for (const auto& [name, value] : request.headers) {
    if (name == "transfer-encoding") {
      return error(ErrorCode::kNotImplemented, "Send the body with Content-Length");
    }
    if (name == "content-length") {
      if (seen_length) return bad("Content-Length is given twice");
      seen_length = true;
      if (auto refusal = parse_content_length(value, limits, head.body_bytes)) return refusal;
    } else if (name == "host") {
      if (seen_host) return bad("Host is given twice");
      seen_host = true;
      if (!all_in(value, kHostChars)) return bad("Host is malformed");
    } else if (name == "connection") {
      for_each_member(value, [&](std::string_view member) {
        if (equals_ignoring_case(member, "close")) close = true;
        if (equals_ignoring_case(member, "keep-alive")) request.keep_alive = true;
      });
    } else if (name == "expect") {
      if (!request.http_1_0 && equals_ignoring_case(value, "100-continue"))
        head.expects_continue = true;
    }
  }
  if (close) request.keep_alive = false;
  if (!seen_host && !request.http_1_0) return bad("Host is missing");
  return {};
}

// For proxies that pass only GET and POST.
Refusal override_method(Request& request) {
  if (request.method != Method::kPost) return {};
  const auto wanted = request.header("x-http-method-override");
  if (!wanted) return {};
  const auto method = method_of(*wanted);
  if (method != Method::kPut && method != Method::kPatch && method != Method::kDelete) {
    return bad("X-HTTP-Method-Override may be PUT, PATCH or DELETE");
  }
  request.method = *method;
  return {};
}

// The target's host wins over the Host field (RFC 9112 section 3.2.2).
Refusal apply_authority(std::string_view authority, Request& request) {
  if (authority.empty()) return {};
  if (!all_in(authority, kHostChars)) return bad("The request target has a malformed host");
  const auto host =
      std::ranges::find(request.headers, "host", &std::pair<std::string, std::string>::first);
  if (host == request.headers.end()) {
    request.headers.emplace_back("host", authority);
  } else {
    host->second = authority;
  }
  return {};
}

Refusal parse(std::string_view text, const FramingLimits& limits, RequestHead& head) {
  Request& request = head.request;
  const std::string_view line = take_line(text);
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  const bool three_words = first != std::string_view::npos && first != last;
  const std::string_view word = line.substr(0, first);
  const auto method = method_of(word);
  if (method) request.method = *method;

  // The fields first: their faults are reported last, but the request id is wanted for every
  // answer.
  const Refusal fields = parse_fields(text, limits, request);
  if (!three_words || !is_token(word)) return bad("The request line is malformed");
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (target.empty() || target.find(' ') != std::string_view::npos) {
    return bad("The request line is malformed");
  }
  if (auto refusal = parse_version(line.substr(last + 1), request)) return refusal;
  if (!method) return error(ErrorCode::kNotImplemented, "The method is not known here");
  if (target.size() > limits.target_bytes_max) {
    return error(ErrorCode::kUriTooLong,
                 "At most " + std::to_string(limits.target_bytes_max) + " bytes are accepted");
  }
  if (fields) return fields;
  std::string_view authority;
  if (auto refusal = parse_target(target, authority, request)) return refusal;
  if (auto refusal = judge_fields(limits, head)) return refusal;
  if (auto refusal = apply_authority(authority, request)) return refusal;
  return override_method(request);
}

}  // namespace

std::optional<Error> parse_request_head(std::string_view text, const FramingLimits& limits,
                                        RequestHead& head) {
  Refusal refusal = parse(text, limits, head);
  if (head.request.id.empty()) head.request.id = make_request_id();
  return refusal;
}

}  // namespace fairlead::http
