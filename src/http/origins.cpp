#include "http/origins.h"

#include <algorithm>
#include <charconv>

#include "core/text.h"

namespace fairlead::http {
namespace {

constexpr std::size_t kHostCharsMax = 255;
constexpr std::string_view kExposed =
    "Access-Control-Expose-Headers: X-Request-Id, Retry-After, RateLimit-Limit, "
    "RateLimit-Remaining, RateLimit-Reset, Idempotent-Replayed, ETag\r\n";
constexpr std::string_view kTaken =
    "Access-Control-Allow-Headers: Authorization, Content-Type, Idempotency-Key, If-None-Match, "
    "Last-Event-ID, X-Fairlead-CSRF, X-HTTP-Method-Override, X-Request-Id\r\n"
    "Access-Control-Max-Age: 600\r\n";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

bool is_scheme(std::string_view text) {
  return !text.empty() && text.front() >= 'a' && text.front() <= 'z' &&
         std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
                  c == '.';
         });
}

bool is_host(std::string_view text) {
  const bool v6 = text.starts_with('[') && text.ends_with(']');
  const auto inner = v6 ? text.substr(1, text.size() - 2) : text;
  return !inner.empty() && inner.size() <= kHostCharsMax &&
         std::ranges::all_of(inner, [v6](char c) {
           const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.';
           return word || (v6 ? c == ':' : c == '-' || c == '_');
         });
}

std::optional<int> port_in(std::string_view digits) {
  int port = 0;
  const auto* end = digits.data() + digits.size();
  const auto [rest, failure] = std::from_chars(digits.data(), end, port);
  if (failure != std::errc{} || rest != end || port < 1 || port > 65535) return std::nullopt;
  return port;
}

// A browser's own word, which no page can set.
std::string_view fetch_site(const Request& request) {
  return request.header("sec-fetch-site").value_or("");
}

bool is_own(const Request& request, const std::string& page) {
  // It survives a proxy that changes Host.
  if (fetch_site(request) == "same-origin") return true;
  const auto scheme = page.substr(0, page.find(':'));
  if (scheme != "https" && (scheme != "http" || request.secure)) return false;
  const auto is_page = [&](std::string_view host) {
    return normal_origin(scheme + "://" + std::string(host)) == page;
  };
  // Pages cannot set X-Forwarded-Host: not on a WebSocket, elsewhere not without asking us (CORS).
  return is_page(request.header("host").value_or("")) ||
         request.any_entry("x-forwarded-host", is_page);
}

}  // namespace

std::optional<std::string> normal_origin(std::string_view text) {
  const auto colon = text.find("://");
  if (colon == text.npos) return std::nullopt;
  const auto scheme = lower(text.substr(0, colon));
  auto host = lower(text.substr(colon + 3));
  int port = scheme == "https" ? 443 : scheme == "http" ? 80 : 0;
  const auto last = host.rfind(':');
  if (last != host.npos && host.find(']', last) == host.npos) {
    const auto given = port_in(std::string_view(host).substr(last + 1));
    if (!given) return std::nullopt;
    port = *given;
    host.resize(last);
  }
  if (!is_scheme(scheme) || !is_host(host)) return std::nullopt;
  return scheme + "://" + host + ':' + std::to_string(port);
}

std::string Origins::problem_of(std::string_view text) {
  if (text == "*" || text == "null" || normal_origin(text)) return {};
  return "'" + std::string(text) +
         "' is no origin: https://HOST or https://HOST:PORT is expected, without a path; or *, "
         "null";
}

Origins::Origins(const std::vector<std::string>& listed) {
  for (const auto& one : listed) {
    all_ = all_ || one == "*";
    null_ = null_ || one == "null";
    if (auto origin = normal_origin(one)) listed_.push_back(*std::move(origin));
  }
}

Origins::Page Origins::page_of(const Request& request) const {
  const auto said = request.header("origin");
  if (!said) return Page::kNone;
  if (*said == "null") return null_ ? Page::kAny : Page::kForeign;
  const auto page = normal_origin(*said);
  if (!page) return Page::kForeign;
  if (std::ranges::find(listed_, *page) != listed_.end()) return Page::kListed;
  if (is_own(request, *page)) return Page::kOwn;
  return all_ ? Page::kAny : Page::kForeign;
}

bool Origins::may_call(const Request& request) const {
  return page_of(request) != Page::kForeign;
}

bool Origins::may_use_cookies(const Request& request) const {
  switch (page_of(request)) {
    case Page::kOwn:
    case Page::kListed:
      return true;
    case Page::kNone: {
      const auto site = fetch_site(request);
      return site.empty() || site == "same-origin" || site == "none";
    }
    case Page::kAny:
    case Page::kForeign:
      break;
  }
  return false;
}

std::string Origins::answer_lines(const Request& request) const {
  const auto page = page_of(request);
  if (page != Page::kListed && page != Page::kAny) return {};
  const auto said = *request.header("origin");
  std::string lines = "Access-Control-Allow-Origin: ";
  if (page == Page::kListed) {
    lines.append(said).append("\r\nAccess-Control-Allow-Credentials: true\r\nVary: Origin\r\n");
  } else {
    lines.append(said == "null" ? "null\r\nVary: Origin\r\n" : "*\r\n");
  }
  return lines.append(kExposed);
}

std::string Origins::preflight_lines(const Request& request, std::string_view allow) const {
  const auto page = page_of(request);
  if (page != Page::kListed && page != Page::kAny) return {};
  if (!request.header("access-control-request-method")) return {};
  return "Access-Control-Allow-Methods: " + std::string(allow) + "\r\n" + std::string(kTaken);
}

bool is_secure(const Request& request, bool trusted_proxy) {
  return trusted_proxy &&
         same_ignoring_case(request.header("x-forwarded-proto").value_or(""), "https");
}

}  // namespace fairlead::http
