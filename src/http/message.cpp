#include "http/message.h"

#include <nlohmann/json.hpp>

namespace fairlead::http {
namespace {

std::optional<std::string_view> first_of(
    const std::vector<std::pair<std::string, std::string>>& pairs, std::string_view name) {
  for (const auto& [key, value] : pairs) {
    if (key == name) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Method method) {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kHead:
      return "HEAD";
    case Method::kPost:
      return "POST";
    case Method::kPut:
      return "PUT";
    case Method::kPatch:
      return "PATCH";
    case Method::kDelete:
      return "DELETE";
    case Method::kOptions:
      return "OPTIONS";
  }
  return "GET";
}

std::optional<std::string_view> Request::header(std::string_view name) const {
  return first_of(headers, name);
}

std::optional<std::string_view> Request::query_value(std::string_view name) const {
  return first_of(query, name);
}

std::string_view Request::param(std::string_view name) const {
  const auto found = params.find(name);
  return found == params.end() ? std::string_view{} : std::string_view{found->second};
}

Response problem(const Error& error, std::string_view request_id) {
  const ErrorTraits& kind = traits(error.code);
  nlohmann::ordered_json body = {
      {"type", "urn:fairlead:problem:" + std::string(kind.code)},
      {"title", kind.title},
      {"status", kind.http_status},
      {"code", kind.code},
      {"detail", error.detail.empty() ? std::string(kind.title) : error.detail},
      {"request_id", request_id},
  };
  if (!error.fields.empty()) body["fields"] = error.fields;
  if (error.retry_after_s) body["retry_after_s"] = *error.retry_after_s;

  Response response;
  response.status = kind.http_status;
  response.content_type = "application/problem+json";
  // A detail may quote what a client sent: bytes that are not UTF-8 must not turn an answer into a
  // throw.
  response.body = body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  response.headers.emplace_back("Cache-Control", "no-store");  // a 404 may be kept otherwise
  if (error.retry_after_s) {
    response.headers.emplace_back("Retry-After", std::to_string(*error.retry_after_s));
  }
  for (const auto& [name, value] : error.headers) response.headers.emplace_back(name, value);
  return response;
}

}  // namespace fairlead::http
