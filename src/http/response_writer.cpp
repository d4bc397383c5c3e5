#include "http/response_writer.h"

#include <strings.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>

#include "core/log_line.h"

namespace fairlead::http {
namespace {

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

bool is_ours(std::string_view name) {
  static constexpr std::array<std::string_view, 6> kOurs = {
      "content-length", "transfer-encoding", "connection", "date", "x-request-id", "content-type"};
  return std::ranges::any_of(kOurs, [&](std::string_view ours) {
    return ours.size() == name.size() && strncasecmp(ours.data(), name.data(), name.size()) == 0;
  });
}

bool is_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
  });
}

bool is_value(std::string_view value) {
  static constexpr std::string_view kForbidden("\r\n\0", 3);
  return value.find_first_of(kForbidden) == std::string_view::npos;
}

// Formatted once a second and thread.
std::string_view http_date() {
  thread_local std::time_t second = 0;
  thread_local std::array<char, 40> text{};
  thread_local std::size_t length = 0;
  const std::time_t now = std::time(nullptr);
  if (now != second) {
    std::tm utc{};
    gmtime_r(&now, &utc);
    length = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    second = now;
  }
  return {text.data(), length};
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

bool may_have_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

}  // namespace

bool sends_body(int status, const AnswerContext& context) {
  return may_have_body(status) && !context.head_only;
}

void add_answer_head(std::string& out, int status, std::string_view content_type,
                     std::size_t body_bytes, const AnswerContext& context) {
  out.append("HTTP/1.1 ").append(std::to_string(status)).append(" ");
  out.append(reason_of(status)).append("\r\n");
  append_field(out, "Date", http_date());
  if (may_have_body(status)) {
    if (!content_type.empty() && is_value(content_type))
      append_field(out, "Content-Type", content_type);
    append_field(out, "Content-Length", std::to_string(body_bytes));
  }
  append_field(out, "Connection", context.keep_alive ? "keep-alive" : "close");
  append_field(out, "X-Request-Id", context.request_id);
  out += context.more;
}

std::string serialise_head(const Response& response, const AnswerContext& context) {
  std::string out;
  out.reserve(320);
  add_answer_head(out, response.status, response.content_type, response.body.size(), context);
  for (const auto& [name, value] : response.headers) {
    if (is_name(name) && is_value(value) && !is_ours(name)) {
      append_field(out, name, value);
    } else {
      log_warn("response_header_refused request_id={} value_bytes={}", context.request_id,
               value.size());
    }
  }
  out.append("\r\n");
  return out;
}

}  // namespace fairlead::http
