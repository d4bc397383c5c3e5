#pragma once

#include <string>

#include "core/result.h"
#include "store/transaction.h"

// Reactions to messages and how far each member has read. Pure rules, inside somebody else's
// transaction.
namespace fairlead::chat {

// Different emoji on one message; more are a conflict.
inline constexpr std::size_t kReactionsPerMessageMax = 50;

// Both are idempotent: only a change makes an event. `emoji` is checked (check_emoji in
// requests.h). Errors: not_found, not_a_member, forbidden, conflict (the message is deleted, or too
// many reactions).
Result<void> add_reaction(store::Transaction& tx, UserId caller, RoomId room, MessageId message,
                          const std::string& emoji, std::int64_t now_ms);
Result<void> remove_reaction(store::Transaction& tx, UserId caller, RoomId room, MessageId message,
                             const std::string& emoji, std::int64_t now_ms);

// Monotonic: marking an earlier message changes nothing and makes no event. Errors: not_found,
// not_a_member.
Result<void> mark_read(store::Transaction& tx, UserId caller, RoomId room, MessageId message,
                       std::int64_t now_ms);

}  // namespace fairlead::chat
