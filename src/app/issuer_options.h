#pragma once

#include <optional>

#include "app/config.h"
#include "auth/external_tokens.h"
#include "core/result.h"

namespace CLI {
class App;
}

namespace fairlead::app {

// The options of `fairlead serve` about an external issuer's tokens (--jwt-…).
void add_issuer_options(CLI::App& serve, Config& config);

// What they come to; nullopt: there is no issuer. `bad_request` if some of them are missing, with a
// detail that names them.
Result<std::optional<auth::ExternalTokens::Settings>> issuer_settings(const Config& config);

}  // namespace fairlead::app
