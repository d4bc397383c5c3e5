#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/expected.h"

namespace fairlead::nginx {

// What stands for @NAME@.
using Names = std::map<std::string, std::string, std::less<>>;

// Every @NAME@ in `text` replaced, once: what a value holds is not looked at again. A name alone on
// its line lends its indentation to every line of its value, and takes the line away if that is
// empty. Throws std::logic_error for a name that is not there: a mistake in a template. Pure.
std::string fill(std::string_view text, const Names& names);

// A line each, as nginx reads them, with what they are for behind. Pure.
std::string lines_of(const std::vector<Directive>& directives);

std::string joined(const std::vector<std::string>& lines);  // with line ends between them

}  // namespace fairlead::nginx
