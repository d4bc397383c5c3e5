#pragma once

#include <string>
#include <tl/expected.hpp>

namespace fairlead::doctor {

// What `nginx -T` prints, of that main file (empty: its default). Says why not otherwise: nginx is
// not installed, may not read its files (root may), or refuses them. Blocks, at most 10 s.
tl::expected<std::string, std::string> run_nginx_dump(const std::string& conf);

}  // namespace fairlead::doctor
