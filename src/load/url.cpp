#include "load/url.h"

#include <algorithm>
#include <charconv>

namespace fairlead::load {
namespace {

using Refused = tl::unexpected<std::string>;

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, port);
  return problem == std::errc() && stop == end && port >= 1 && port <= 65535;
}

// HOST, HOST:PORT or [IPV6]:PORT.
bool take_authority(std::string_view text, Url& url) {
  std::string_view port;
  if (text.starts_with('[')) {
    const auto bracket = text.find(']');
    if (bracket == text.npos) return false;
    url.host = text.substr(1, bracket - 1);
    text.remove_prefix(bracket + 1);
    if (!text.empty() && !text.starts_with(':')) return false;
    port = text.empty() ? text : text.substr(1);
    if (!text.empty() && port.empty()) return false;
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    url.host = text.substr(0, colon);
    if (colon < text.size()) {
      port = text.substr(colon + 1);
      if (port.empty()) return false;
    }
  }
  url.port = port.empty() ? (url.tls ? "443" : "80") : port;
  return !url.host.empty() && is_port(url.port);
}

}  // namespace

std::string Url::authority() const {
  const auto name = host.find(':') == host.npos ? host : "[" + host + "]";
  return port == (tls ? "443" : "80") ? name : name + ":" + port;
}

std::string Url::text() const {
  return (tls ? "https://" : "http://") + authority() + prefix;
}

tl::expected<Url, std::string> parse_url(std::string_view text) {
  Url url;
  if (text.starts_with("https://")) {
    url.tls = true;
    text.remove_prefix(8);
  } else if (text.starts_with("http://")) {
    text.remove_prefix(7);
  } else {
    return Refused("URL begins with http:// or https://, as https://chat.example.org");
  }
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return c <= ' ' || c == 0x7f || c == '\\'; })) {
    return Refused("URL holds a character that none may hold");
  }
  if (text.find_first_of("?#") != text.npos) {
    return Refused("URL is the deployment's root: without ? and #");
  }
  const auto slash = std::min(text.find('/'), text.size());
  const auto authority = text.substr(0, slash);
  if (authority.find('@') != authority.npos) {
    return Refused("no name or password in the URL: use --name and --password, or --token");
  }
  if (!take_authority(authority, url))
    return Refused("URL needs a host and a port from 1 to 65535");
  url.prefix = text.substr(slash);
  while (url.prefix.ends_with('/')) url.prefix.pop_back();
  return url;
}

}  // namespace fairlead::load
