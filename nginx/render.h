#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "nginx/settings.h"

namespace fairlead::nginx {

struct File {
  std::string name;  // nginx.conf, fairlead/stream.conf
  std::string text;
};

// A whole configuration: nginx.conf first, then what it includes by a path relative to itself.
struct Rendered {
  std::vector<File> files;
  std::vector<std::string> notes;  // what an operator should know, a sentence each
};

// Fills the templates in. Fails for a value that nginx would read as something else, for values
// that do not fit each other, and for an nginx that is too old; the message says what to do. Pure
// but for the file system, which it asks whether pages and certificates are there.
tl::expected<Rendered, std::string> render(Settings settings, const Machine& machine);

// The same in one file: every include replaced by its text.
std::string in_one_file(const Rendered& rendered);

}  // namespace fairlead::nginx
