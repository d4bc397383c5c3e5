#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead::nginx {

struct Version {
  int major = 0;
  int minor = 0;
  int patch = 0;
  auto operator<=>(const Version&) const = default;
};

// The oldest whose directives are all known to it, and what stands for an unknown one: what it is
// told, every later one understands too (some with a warning).
inline constexpr Version kOldest{1, 18, 0};

// `http2 on` instead of `listen … http2`.
inline constexpr Version kHttp2Directive{1, 25, 1};

std::optional<Version> parse_version(std::string_view text);  // 1.22.1, or 1.26
std::string text_of(const Version& version);

// What the first "nginx/1.22.1" in `said` names.
std::optional<Version> version_in(std::string_view said);

// The nginx of this machine (PATH, /usr/sbin, /sbin); nothing if there is none. Runs `nginx -v`
// and waits for it.
std::optional<Version> installed_version();

}  // namespace fairlead::nginx
