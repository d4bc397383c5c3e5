#pragma once

#include <algorithm>
#include <string_view>

namespace fairlead {

// Letters of ASCII alone, whatever the locale.
inline bool same_ignoring_case(std::string_view a, std::string_view b) {
  constexpr auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::ranges::equal(a, b, {}, lower, lower);
}

// Without the blanks and tabs at its ends.
inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

// Whether `is` holds of an entry of a list with commas (RFC 9110 section 5.6.1); it is asked of one
// after the other, trimmed, until it does. Empty ones are no entries.
template <typename Is>
bool any_entry(std::string_view list, Is is) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    const auto entry = trimmed(list.substr(0, comma));
    if (!entry.empty() && is(entry)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

}  // namespace fairlead
