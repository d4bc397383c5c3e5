#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "load/url.h"

namespace fairlead::doctor {

// How the deployment is reached.
struct Way {
  load::Url url;
  std::string proxy;       // http://[NAME:PASSWORD@]HOST:PORT; empty: none
  std::string connect_to;  // HOST:PORT to connect to instead of the URL's; empty: the URL's
  std::string ca_file;     // PEM; empty: the system's authorities
  bool insecure = false;   // do not check the certificate
};

// The forward proxy for that URL: `asked` (--proxy) first, "none" for none; else what the
// environment says as curl reads it: http_proxy in lower case only (CWE-807, "httpoxy"), then
// https_proxy, all_proxy in either case, and no_proxy. Says what is wrong with it otherwise. Pure.
using Environment = std::function<std::optional<std::string>(const char* name)>;
tl::expected<std::string, std::string> choose_proxy(const load::Url& url, std::string_view asked,
                                                    const Environment& environment);

// `proxy` without a name and password, to be shown.
std::string without_password(std::string_view proxy);

}  // namespace fairlead::doctor
