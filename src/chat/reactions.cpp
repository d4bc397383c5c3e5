#include "chat/reactions.h"

#include <algorithm>
#include <utility>

#include "chat/accounts.h"
#include "chat/events.h"
#include "chat/moderation.h"
#include "chat/permissions.h"

namespace fairlead::chat {
namespace {

Result<Message> find(store::View& view, UserId caller, RoomId room, MessageId id,
                     const Result<Role>& allowed) {
  if (!allowed) return fail(allowed.error());
  auto message = view.message(room, id, caller);
  if (!message) return fail(no_such_message());
  return std::move(*message);
}

}  // namespace

Result<void> add_reaction(store::Transaction& tx, UserId caller, RoomId room, MessageId id,
                          const std::string& emoji, std::int64_t now_ms) {
  const auto message = find(tx, caller, room, id, voice(tx, room, caller, Action::kReact, now_ms));
  if (!message) return fail(message.error());
  if (message->deleted_at_ms != 0) return fail(ErrorCode::kConflict, "the message is deleted");
  const auto& all = message->reactions;
  const bool known =
      std::any_of(all.begin(), all.end(), [&](const Reaction& one) { return one.emoji == emoji; });
  if (!known && all.size() >= kReactionsPerMessageMax) {
    return fail(ErrorCode::kConflict, "the message has too many different reactions");
  }
  const auto user = read_user(tx, caller);
  if (!user) return fail(user.error());
  if (!tx.add_reaction(id, caller, emoji)) return {};
  const auto after = tx.message(room, id, caller);
  tx.append(reaction_added(after.value_or(*message), *user, emoji, now_ms));
  return {};
}

Result<void> remove_reaction(store::Transaction& tx, UserId caller, RoomId room, MessageId id,
                             const std::string& emoji, std::int64_t now_ms) {
  const auto message = find(tx, caller, room, id, permission(tx, room, caller, Action::kReact));
  if (!message) return fail(message.error());
  const auto user = read_user(tx, caller);
  if (!user) return fail(user.error());
  if (!tx.remove_reaction(id, caller, emoji)) return {};
  const auto after = tx.message(room, id, caller);
  tx.append(reaction_removed(after.value_or(*message), *user, emoji, now_ms));
  return {};
}

Result<void> mark_read(store::Transaction& tx, UserId caller, RoomId room, MessageId id,
                       std::int64_t now_ms) {
  const auto message = find(tx, caller, room, id, permission(tx, room, caller, Action::kMarkRead));
  if (!message) return fail(message.error());
  if (tx.set_read(room, caller, id, message->seq)) {
    tx.append(read_updated(*message, caller, now_ms));
  }
  return {};
}

}  // namespace fairlead::chat
