#pragma once

#include <string>
#include <tl/expected.hpp>

#include "nginx/render.h"

namespace fairlead::nginx {

// Writes DIR/nginx.conf and DIR/fairlead/*.conf, each whole or not at all, nginx.conf last; what a
// nginx.conf was before that is not ours stays beside it as nginx.conf.before-fairlead. Makes the
// directories that are missing. Says which file, and why, if it cannot. Blocks on disk.
tl::expected<void, std::string> write(const Rendered& rendered, const std::string& directory);

// Makes a directory, for nginx to write into.
tl::expected<void, std::string> make_directory(const std::string& path);

}  // namespace fairlead::nginx
