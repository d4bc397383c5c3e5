#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "auth/fingerprint.h"
#include "fallback/poll/poll_connection.h"

namespace fairlead::connect {

// Takes a polling client's head apart without parsing it: what moves from one request to the next
// (the cursor, and the id that a proxy gives each) from what stays, of which a fingerprint is
// enough to know it again. Thread-safe.
class PollHeadReader {
 public:
  // Only a whole head of a GET with one plain `cursor` in its query. With other `keys` nothing is
  // known again.
  std::optional<poll::PollHead> look_at(std::string_view bytes, std::uint64_t keys = 0) const;

 private:
  auth::Fingerprint fingerprint_;
};

}  // namespace fairlead::connect
