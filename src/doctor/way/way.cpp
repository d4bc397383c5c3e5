#include "doctor/way/way.h"

#include <algorithm>

namespace fairlead::doctor {
namespace {

std::optional<std::string> first_of(const Environment& environment,
                                    std::initializer_list<const char*> names) {
  for (const auto* name : names) {
    if (auto value = environment(name); value && !value->empty()) return value;
  }
  return std::nullopt;
}

// no_proxy: "*", or names separated by commas of which the host is one or ends in one.
bool is_exempt(std::string_view host, std::string_view list) {
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    auto entry = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    while (!entry.empty() && entry.front() == ' ') entry.remove_prefix(1);
    while (!entry.empty() && entry.back() == ' ') entry.remove_suffix(1);
    if (entry == "*") return true;
    if (entry.starts_with('.')) entry.remove_prefix(1);
    if (entry.empty() || !host.ends_with(entry)) continue;
    if (host.size() == entry.size() || host[host.size() - entry.size() - 1] == '.') return true;
  }
  return false;
}

tl::expected<std::string, std::string> checked(std::string proxy) {
  if (proxy.find("://") == std::string::npos) proxy = "http://" + proxy;
  for (const auto* scheme : {"http://", "https://", "socks5://", "socks5h://"}) {
    if (proxy.starts_with(scheme) && proxy.size() > std::string_view(scheme).size()) return proxy;
  }
  return tl::unexpected<std::string>(
      "the proxy is given as http://HOST:PORT (or https://, socks5h://)");
}

}  // namespace

tl::expected<std::string, std::string> choose_proxy(const load::Url& url, std::string_view asked,
                                                    const Environment& environment) {
  if (asked == "none") return std::string();
  if (!asked.empty()) return checked(std::string(asked));
  const auto found =
      url.tls ? first_of(environment, {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
              : first_of(environment, {"http_proxy", "all_proxy", "ALL_PROXY"});
  if (!found) return std::string();
  const auto exempt = first_of(environment, {"no_proxy", "NO_PROXY"});
  if (exempt && is_exempt(url.host, *exempt)) return std::string();
  return checked(*found);
}

std::string without_password(std::string_view proxy) {
  const auto scheme = proxy.find("://");
  const auto begin = scheme == proxy.npos ? 0 : scheme + 3;
  const auto at = proxy.rfind('@');
  if (at == proxy.npos || at < begin) return std::string(proxy);
  return std::string(proxy.substr(0, begin)) + std::string(proxy.substr(at + 1));
}

}  // namespace fairlead::doctor
