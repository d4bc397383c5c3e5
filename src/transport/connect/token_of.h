#pragma once

#include "auth/tokens.h"
#include "hub/session.h"

namespace fairlead::connect {

// What a session keeps of who it is.
inline hub::TokenAsked token_of(const auth::Identity& identity) {
  return {auth::mark_of(identity.token_id), identity.expires_at_ms, identity.key};
}

}  // namespace fairlead::connect
