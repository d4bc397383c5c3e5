#include "nginx/units.h"

#include <array>
#include <charconv>
#include <utility>

namespace fairlead::nginx {
namespace {

constexpr std::uint64_t kMost = std::uint64_t{1} << 40;  // far beyond sense, far below overflow

// Takes digits from the front of `text`; nothing if there are none, or too many.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [stop, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || number > kMost) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return number;
}

// Takes a unit, a smaller one than the last (`from`); the milliseconds in it.
std::optional<std::uint64_t> take_unit(std::string_view& text, std::size_t& from) {
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 8> kUnits{{
      {"y", 31'536'000'000},
      {"M", 2'592'000'000},
      {"w", 604'800'000},
      {"d", 86'400'000},
      {"h", 3'600'000},
      {"m", 60'000},
      {"s", 1000},
      {"ms", 1},
  }};
  for (auto i = from; i < kUnits.size(); ++i) {
    const auto& [name, milliseconds] = kUnits[i];
    if (!text.starts_with(name) || (name == "m" && text.starts_with("ms"))) continue;
    text.remove_prefix(name.size());
    from = i + 1;
    return milliseconds;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_time(std::string_view text) {
  std::uint64_t sum = 0;
  std::size_t unit = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    if (text.empty()) {  // no unit: seconds
      if (unit > 6) return std::nullopt;
      sum += *number * 1000;
      break;
    }
    const auto milliseconds = take_unit(text, unit);
    if (!milliseconds || *number > kMost / *milliseconds) return std::nullopt;
    sum += *number * *milliseconds;
    while (text.starts_with(' ')) text.remove_prefix(1);
  }
  return std::chrono::milliseconds(sum);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto number = take_number(text);
  if (!number || text.size() > 1) return std::nullopt;
  static constexpr std::string_view kUnits = "kmg";
  unsigned shift = 0;
  if (!text.empty()) {
    const auto unit = kUnits.find(static_cast<char>(text[0] | 0x20));  // any case
    if (unit == std::string_view::npos) return std::nullopt;
    shift = 10 * (static_cast<unsigned>(unit) + 1);
  }
  if (*number > (kMost >> shift)) return std::nullopt;
  return *number << shift;
}

std::string time_text(std::chrono::seconds time) {
  const auto seconds = time.count();
  if (seconds >= 3600 && seconds % 3600 == 0) return std::to_string(seconds / 3600) + "h";
  return std::to_string(seconds) + "s";
}

std::string size_text(std::uint64_t bytes) {
  if (bytes >= 1024 && bytes % 1024 == 0) return std::to_string(bytes / 1024) + "k";
  return std::to_string(bytes);
}

}  // namespace fairlead::nginx
