#include "auth/authenticator.h"

#include <utility>

namespace fairlead::auth {

// Ours say so in front, and nobody else's can: "fl1" is no base64url of JSON.
bool Authenticator::is_external(std::string_view token) const {
  return external_ != nullptr && !token.starts_with("fl1.");
}

std::optional<Result<Identity>> Authenticator::known(std::string_view token) const {
  if (is_external(token)) return external_->known(token);
  return tokens_.check_token(token);
}

void Authenticator::check(std::string_view token, ExternalTokens::Done done) const {
  if (is_external(token)) return external_->check(token, std::move(done));
  done(tokens_.check_token(token));
}

}  // namespace fairlead::auth
