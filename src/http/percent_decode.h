#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fairlead::http {

enum class Plus { kLiteral, kIsSpace };  // '+' is a space in a query (WHATWG URL), itself in a path

// Pure. nullopt: an escape that is none (RFC 3986 section 2.1), a NUL (CWE-158), or text that is
// not UTF-8: what gets past here may be stored and put in JSON without another look.
std::optional<std::string> percent_decode(std::string_view text, Plus plus);

// "a=1&b" -> {{"a","1"},{"b",""}}, in order; empty pieces are skipped. False: see percent_decode.
bool parse_query(std::string_view query, std::vector<std::pair<std::string, std::string>>& out);

bool is_utf8(std::string_view text);

}  // namespace fairlead::http
