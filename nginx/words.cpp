#include "nginx/words.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "nginx/units.h"

namespace fairlead::nginx {
namespace {

constexpr std::size_t kUnixPathMax = 107;  // sun_path, without its end
constexpr std::string_view kPunctuation = "_./:,+~[]-*";

bool is_word_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         kPunctuation.find(c) != std::string_view::npos;
}

std::string told(std::string_view option, std::string_view value) {
  std::string shown;
  for (const char c : value.substr(0, 200)) {
    shown += std::iscntrl(static_cast<unsigned char>(c)) != 0 ? '?' : c;
  }
  return std::string(option) + " '" + shown + "': ";
}

template <typename Allowed>
Complaint check(std::string_view option, std::string_view value, Allowed allowed) {
  if (value.empty()) return std::string(option) + " is empty";
  const auto bad = std::ranges::find_if_not(value, allowed);
  if (bad == value.end()) return std::nullopt;
  return told(option, value) +
         "cannot be written into an nginx configuration; use letters, "
         "digits and " +
         std::string(kPunctuation) + " only";
}

std::optional<int> number(std::string_view text, int most) {
  int n = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, n);
  if (problem != std::errc() || stop != end || n < 0 || n > most) return std::nullopt;
  return n;
}

bool is_port(std::string_view text) {
  return number(text, 65'535).value_or(0) > 0;
}

bool is_host(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    const std::string inner(text.substr(1, text.size() - 2));
    return ::inet_pton(AF_INET6, inner.c_str(), address.data()) == 1;
  }
  return !text.empty() && text.find_first_of(":/[],~+") == std::string_view::npos;
}

bool is_host_and_port(std::string_view text) {
  const auto colon = text.rfind(':');
  return colon != std::string_view::npos && is_host(text.substr(0, colon)) &&
         is_port(text.substr(colon + 1));
}

}  // namespace

Complaint check_word(std::string_view option, std::string_view value) {
  return check(option, value, is_word_char);
}

Complaint check_path(std::string_view option, std::string_view value) {
  return check(option, value, [](char c) {
    return c == ' ' || c == '=' || c == '@' || is_word_char(c) || static_cast<signed char>(c) < 0;
  });
}

Complaint check_names(std::string_view option, std::string_view value) {
  return check(option, value, [](char c) { return c == ' ' || is_word_char(c); });
}

Complaint check_listen(std::string_view option, std::string_view value) {
  if (auto complaint = check_word(option, value)) return complaint;
  if (is_port(value) || is_host_and_port(value)) return std::nullopt;
  return told(option, value) +
         "PORT or ADDRESS:PORT is expected, as 443, 127.0.0.1:8080 or [::]:80";
}

Complaint check_upstream(std::string_view option, std::string_view value) {
  if (auto complaint = check_word(option, value)) return complaint;
  constexpr std::string_view kUnix = "unix:";
  if (!value.starts_with(kUnix)) {
    if (is_host_and_port(value)) return std::nullopt;
    return told(option, value) + "unix:/PATH or HOST:PORT is expected, as the server's --listen";
  }
  const auto path = value.substr(kUnix.size());
  if (!path.starts_with('/') || path.find(':') != std::string_view::npos) {
    return told(option, value) + "unix:/PATH is expected, from the root on and without a colon";
  }
  if (path.size() > kUnixPathMax) {
    return told(option, value) + "a Unix socket's path has at most 107 bytes; use a shorter one";
  }
  return std::nullopt;
}

Complaint check_size(std::string_view option, std::string_view value) {
  const auto size = parse_size(value);
  if (size && *size >= 1024 && *size <= 1024 * 1024) return std::nullopt;
  return told(option, value) + "a size from 1k to 1m is expected, as 2k";
}

Complaint check_peer(std::string_view option, std::string_view value) {
  if (value == "unix:") return std::nullopt;
  const auto slash = value.find('/');
  const std::string address(value.substr(0, slash));
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  const bool four = ::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1;
  const bool six = ::inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1;
  const bool whole =
      slash == std::string_view::npos || number(value.substr(slash + 1), four ? 32 : 128);
  if ((four || six) && whole) return std::nullopt;
  return told(option, value) +
         "an address or a network is expected, as 192.0.2.10 or 2001:db8::/32";
}

}  // namespace fairlead::nginx
