#pragma once

#include <cstddef>
#include <string_view>

namespace fairlead::load {

// Calls `check(first, second)` with the text cut in two at every place: where parsers that are fed
// in pieces err.
template <typename Check>
void cut_everywhere(std::string_view text, Check check) {
  for (std::size_t at = 0; at <= text.size(); ++at) check(text.substr(0, at), text.substr(at));
}

}  // namespace fairlead::load
