#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "auth/external_tokens.h"
#include "auth/tokens.h"

namespace fairlead::auth {

// Whose token it is, whether this server made it or an external issuer. Any thread; does not block.
class Authenticator {
 public:
  // `external`: null if there is no issuer. Both must outlive the object.
  Authenticator(const Tokens& tokens, ExternalTokens* external)
      : tokens_(tokens), external_(external) {}

  // What can be said at once: all of our own tokens, and an issuer's that was seen lately. nullopt:
  // check() it.
  std::optional<Result<Identity>> known(std::string_view token) const;
  // At once on the calling thread, or later on that of ExternalTokens. Errors: those of
  // Tokens::check_token() and ExternalTokens::check().
  void check(std::string_view token, ExternalTokens::Done done) const;
  // Of what a token or a ticket said before: whether the key behind it, if there is one, is still
  // there.
  bool is_vouched_for(std::uint64_t key) const {
    return key == 0 || (external_ != nullptr && external_->has_key(key));
  }
  // Another number whenever the external issuer's keys change, and with them perhaps what is true
  // of a token.
  std::uint64_t keys_version() const { return external_ ? external_->keys_version() : 0; }

 private:
  bool is_external(std::string_view token) const;

  const Tokens& tokens_;
  ExternalTokens* const external_;
};

}  // namespace fairlead::auth
