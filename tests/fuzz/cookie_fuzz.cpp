// Cookie headers and origins: what is found is there once and clean; an origin has one spelling.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "api/session_cookie.h"
#include "http/cookies.h"
#include "http/origins.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fairlead;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  http::Request request;
  request.headers.emplace_back("host", "chat.example.org");
  // A line is a header: `cookie`, or what stands before the first '='.
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const auto at = line.find('=');
    const auto name = line.substr(0, at);
    if (name == "origin" || name == "sec-fetch-site" || name == "x-forwarded-host") {
      request.headers.emplace_back(name, line.substr(at + 1));
    } else {
      request.headers.emplace_back("cookie", line);
    }
  }
  if (const auto value = http::cookie(request, "fairlead")) {
    const bool clean =
        !value->empty() && std::ranges::all_of(*value, [](char c) { return c > ' ' && c < 0x7f; });
    if (!clean || value->find_first_of(";,\"\\") != value->npos) std::abort();
    http::Request again;
    again.headers.emplace_back("cookie", "fairlead=" + std::string(*value));
    if (http::cookie(again, "fairlead") != *value) std::abort();
  }
  const http::Origins origins({"https://app.example", "*"});
  if (origins.may_use_cookies(request) && !origins.may_call(request)) std::abort();
  const auto lines = origins.answer_lines(request);
  if (lines.find("Origin: *") != lines.npos && lines.find("Credentials") != lines.npos)
    std::abort();
  (void)api::cookie_token(request);
  (void)api::check_page(request, origins);
  const auto said = request.header("origin").value_or("");
  if (const auto origin = http::normal_origin(said)) {
    const bool has_port = !origin->ends_with(":0");
    if (has_port && http::normal_origin(*origin) != origin) std::abort();
  }
  return 0;
}
