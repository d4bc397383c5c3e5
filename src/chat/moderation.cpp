#include "chat/moderation.h"

#include <optional>
#include <string>
#include <utility>

#include "chat/events.h"
#include "chat/membership.h"
#include "protocol/json.h"

namespace fairlead::chat {
namespace {

// The member that the caller wants to moderate.
Result<Member> find_below(store::View& view, UserId caller, RoomId room, UserId user) {
  const auto allowed = permission(view, room, caller, Action::kManageMembers);
  if (!allowed) return fail(allowed.error());
  auto member = view.member(room, user);
  if (!member) return fail(ErrorCode::kNotFound, "there is no such member");
  if (member->role >= *allowed) {
    return fail(ErrorCode::kForbidden, "only those of a lower role can be muted");
  }
  return std::move(*member);
}

}  // namespace

Result<Role> voice(store::View& view, RoomId room, UserId caller, Action action,
                   std::int64_t now_ms) {
  auto allowed = permission(view, room, caller, action);
  if (!allowed) return allowed;
  const auto until_ms = view.muted_until_ms(room, caller);
  if (until_ms <= now_ms) return allowed;
  return fail(ErrorCode::kMuted, "you are muted in this room until " + protocol::rfc3339(until_ms));
}

Result<void> check_pace(store::View& view, RoomId room, UserId author, Role role,
                        std::int64_t now_ms) {
  if (may(role, Action::kModerate)) return {};
  const auto pace = view.pace(room, author);
  if (!pace) return {};
  const auto since_ms = now_ms - pace->last_sent_at_ms;
  const auto wait_ms = pace->slow_mode_s * 1000 - since_ms;
  if (wait_ms <= 0 || since_ms < 0) return {};  // below 0: the clock was set back
  Error early = error(ErrorCode::kSlowMode, "the room takes one message each " +
                                                std::to_string(pace->slow_mode_s) + " s");
  early.retry_after_s = (wait_ms + 999) / 1000;
  return fail(std::move(early));
}

Result<Member> mute(store::Transaction& tx, UserId caller, RoomId room, UserId user,
                    std::int64_t seconds, std::int64_t now_ms) {
  auto member = find_below(tx, caller, room, user);
  if (!member) return member;
  member->muted_until_ms = now_ms + seconds * 1000;
  tx.set_mute(room, user, member->muted_until_ms, now_ms);
  tx.append(member_updated(room, *member, now_ms));
  return member;
}

Result<void> unmute(store::Transaction& tx, UserId caller, RoomId room, UserId user,
                    std::int64_t now_ms) {
  auto member = find_below(tx, caller, room, user);
  if (!member) return fail(member.error());
  if (member->muted_until_ms == 0) return {};
  member->muted_until_ms = 0;
  tx.lift_mute(room, user);
  tx.append(member_updated(room, *member, now_ms));
  return {};
}

}  // namespace fairlead::chat
