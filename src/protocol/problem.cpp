#include "protocol/problem.h"

#include "protocol/json.h"

namespace fairlead::protocol {

std::string problem_json(const Error& error, std::string_view request_id) {
  const auto& kind = traits(error.code);
  Json problem = {{"type", "urn:fairlead:problem:" + std::string(kind.code)},
                  {"title", kind.title},
                  {"status", kind.http_status},
                  {"code", kind.code},
                  {"detail", error.detail.empty() ? std::string(kind.title) : error.detail},
                  {"request_id", request_id}};
  if (!error.fields.empty()) problem["fields"] = error.fields;
  if (error.retry_after_s) problem["retry_after_s"] = *error.retry_after_s;
  return dump(problem);
}

}  // namespace fairlead::protocol
