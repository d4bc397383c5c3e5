#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fairlead::auth {

// Before any other use of libsodium. Any thread, any number of times; aborts if the library
// refuses.
void init_sodium();

// base64url without padding. Decoding takes only what encoding makes: one text for each value.
std::string to_base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace fairlead::auth
