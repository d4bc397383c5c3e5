#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

// An nginx configuration as `nginx -T` prints it. Pure functions.
namespace fairlead::doctor {

// One directive, with its block if it has one; what `include` names stands in its place.
struct Directive {
  std::vector<std::string> words;  // the name first; without quotes
  std::string file;
  int line = 0;
  std::vector<Directive> block = {};

  const std::string& name() const { return words.front(); }
  std::string value() const;  // all words but the name, with spaces between
  std::string place() const;  // "/etc/nginx/nginx.conf:12"
};
using Directives = std::vector<Directive>;

// The main file with everything it includes. At most 8 MiB, 32 blocks deep and 100,000 directives;
// otherwise, and where it is no output of `nginx -T`, it says what is wrong.
tl::expected<Directives, std::string> parse_nginx_dump(std::string_view text);

// The first of that name; null: none.
const Directive* find(const Directives& directives, std::string_view name);

// From the outside in, the blocks that a request for `path` to that server goes through: http,
// server, location, nested location ....
using Chain = std::vector<const Directive*>;
Chain chain_of(const Directive& http, const Directive& server, std::string_view path);

// The directives of that name that count there: those of the innermost block that has any.
std::vector<const Directive*> effective(const Chain& chain, std::string_view name);

}  // namespace fairlead::doctor
