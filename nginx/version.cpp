#include "nginx/version.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <memory>

namespace fairlead::nginx {

std::optional<Version> parse_version(std::string_view text) {
  std::array<int, 3> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, parts[i]);
    if (problem != std::errc() || parts[i] < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    if (text.empty()) break;
    if (!text.starts_with('.') || i == 2) return std::nullopt;
    text.remove_prefix(1);
  }
  if (parts == std::array<int, 3>{}) return std::nullopt;
  return Version{parts[0], parts[1], parts[2]};
}

std::string text_of(const Version& version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor) + "." +
         std::to_string(version.patch);
}

std::optional<Version> version_in(std::string_view said) {
  constexpr std::string_view kBefore = "nginx/";
  const auto at = said.find(kBefore);
  if (at == std::string_view::npos) return std::nullopt;
  said.remove_prefix(at + kBefore.size());
  return parse_version(said.substr(0, said.find_first_not_of("0123456789.")));
}

std::optional<Version> installed_version() {
  const auto close = [](std::FILE* pipe) { ::pclose(pipe); };
  const std::unique_ptr<std::FILE, decltype(close)> pipe(
      ::popen("PATH=$PATH:/usr/sbin:/sbin nginx -v 2>&1", "re"), close);
  if (!pipe) return std::nullopt;
  std::array<char, 512> said{};
  const auto size = std::fread(said.data(), 1, said.size(), pipe.get());
  return version_in({said.data(), size});
}

}  // namespace fairlead::nginx
