#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "core/ids.h"
#include "store/event.h"

namespace fairlead::log {

// What a node tells all nodes by the log, itself included: so that it reaches each of them in
// order, within Follower::kLook at the latest, and needs no Redis. No session sees such an event.
struct TokenEnded {
  std::string token_id;
};
struct UserDisconnected {
  UserId user;
};
struct SessionDisconnected {
  std::string session;
};
using Control = std::variant<TokenEnded, UserDisconnected, SessionDisconnected>;

// To be appended in the transaction that makes it true.
store::EventDraft draft_of(const Control& control, std::int64_t now_ms);
// nullopt: not such an event, or one that a newer version writes.
std::optional<Control> control_of(const store::Event& event);

}  // namespace fairlead::log
