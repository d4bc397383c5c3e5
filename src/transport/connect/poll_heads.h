#pragma once

#include <optional>
#include <string_view>

#include "auth/fingerprint.h"
#include "fallback/poll/poll_connection.h"

namespace fairlead::connect {

// Knows a polling client's next request by its bytes: a client sends the same head again and again,
// and only the cursor in it moves on. What a head said before, token and all, needs no second
// reading then. Thread-safe.
class PollHeads {
 public:
  // Only a GET with one `cursor` in its query, and whole; else nothing is remembered.
  void remember(std::string_view head, poll::SeenHead& seen) const;
  // The cursor of the same head; nullopt: another one.
  std::optional<std::string_view> same_but_for_cursor(std::string_view head,
                                                      const poll::SeenHead& seen) const;

 private:
  auth::Fingerprint fingerprint_;
};

}  // namespace fairlead::connect
