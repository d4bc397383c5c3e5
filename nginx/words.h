#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fairlead::nginx {

// What may be written into a configuration. nginx has no escape for `$`, and reads blanks, quotes,
// `;`, `{`, `}`, `#` and `\` as its own syntax: nothing that holds one of these gets there. Each
// check says what is wrong, in words for whoever wrote `value` after `option`; nothing if it is
// good. Pure.
using Complaint = std::optional<std::string>;

Complaint check_word(std::string_view option, std::string_view value);   // one bare word
Complaint check_path(std::string_view option, std::string_view value);   // in quotes: blanks too
Complaint check_names(std::string_view option, std::string_view value);  // words and blanks

// 8080, 127.0.0.1:8080, [::1]:8080, example.org:80 (what nginx's `listen` takes).
Complaint check_listen(std::string_view option, std::string_view value);
// unix:/path of at most 107 bytes (the kernel's limit), or HOST:PORT.
Complaint check_upstream(std::string_view option, std::string_view value);
Complaint check_size(std::string_view option, std::string_view value);  // 2k; 1k to 1m
// 192.0.2.10, 2001:db8::/32, or unix:.
Complaint check_peer(std::string_view option, std::string_view value);

}  // namespace fairlead::nginx
