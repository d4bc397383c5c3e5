#include <array>

#include "hub/transport.h"

namespace fairlead::hub {

const EndTraits& traits(EndReason reason) {
  static constexpr std::array<EndTraits, 11> kTable{{
      {1001, "going_away", "the connection is no longer served", true},
      {1012, "restart", "this node restarts; come back with the cursor", true},
      {4001, "auth_ended", "the session was logged out or has expired", false},
      {4003, "forbidden", "this is not allowed", false},
      {4008, "slow", "nothing was read for 60 seconds; resume from the cursor", true},
      {4009, "superseded", "the session goes on over another connection", false},
      {4010, "unproven", "no round trip was shown within 10 seconds", true},
      {4029, "rate_limited", "too many commands", true},
      {1001, "max_life", "the stream ends after the life that was asked for", true},
      {1001, "once", "the stream ends after one batch, as was asked", true},
      {1011, "internal", "the server failed; resume from the cursor", true},
  }};
  return kTable.at(static_cast<std::size_t>(reason));
}

}  // namespace fairlead::hub
