#include "http/cookies.h"

#include <algorithm>

namespace fairlead::http {
namespace {

constexpr int kCookiesMax = 64;

bool is_cookie_octet(char c) {
  return c > 0x20 && c < 0x7F && c != '"' && c != ',' && c != ';' && c != '\\';
}

}  // namespace

std::optional<std::string_view> cookie(const Request& request, std::string_view name) {
  std::optional<std::string_view> found;
  int seen = 0;
  for (const auto& [header, value] : request.headers) {
    if (header != "cookie") continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const auto end = std::min(rest.find(';'), rest.size());
      auto pair = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      pair.remove_prefix(std::min(pair.find_first_not_of(" \t"), pair.size()));
      if (++seen > kCookiesMax) return std::nullopt;
      if (pair.size() <= name.size() || !pair.starts_with(name) || pair[name.size()] != '=') {
        continue;
      }
      if (found) return std::nullopt;
      found = pair.substr(name.size() + 1);
    }
  }
  if (!found || found->empty() || !std::ranges::all_of(*found, is_cookie_octet)) {
    return std::nullopt;
  }
  return found;
}

std::string set_cookie(std::string_view name, std::string_view value, std::int64_t seconds,
                       bool secure) {
  std::string text(name);
  text.append("=").append(value).append("; Path=/; Max-Age=").append(std::to_string(seconds));
  text += "; HttpOnly; SameSite=Lax";
  if (secure) text += "; Secure";
  return text;
}

}  // namespace fairlead::http
