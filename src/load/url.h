#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace fairlead::load {

// Where a deployment is: http(s)://HOST[:PORT][/PREFIX].
struct Url {
  bool tls = false;
  std::string host;    // a name or an address, IPv6 without brackets
  std::string port;    // decimal
  std::string prefix;  // "" or "/chat": what stands before /api/v1 and /rt/v1

  std::string authority()
      const;                 // for the Host header: the port only if it is not the scheme's own
  std::string text() const;  // as the user would write it
};

// Says what is wrong otherwise. Pure.
tl::expected<Url, std::string> parse_url(std::string_view text);

}  // namespace fairlead::load
