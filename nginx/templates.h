#pragma once

#include <string_view>
#include <vector>

namespace fairlead::nginx {

// A file of this folder as it was when the program was built; @NAMES@ are still to be filled in.
struct Template {
  std::string_view name;  // fairlead.conf.template, snippets/stream.conf
  std::string_view text;
};

// All of them. Defined in a file that the build makes (cmake/EmbedText.cmake).
const std::vector<Template>& templates();

}  // namespace fairlead::nginx
