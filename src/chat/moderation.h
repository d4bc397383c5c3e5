#pragma once

#include <cstdint>

#include "chat/permissions.h"
#include "core/result.h"
#include "store/transaction.h"

// Mutes and slow mode. Pure rules, inside somebody else's transaction or view.
namespace fairlead::chat {

// permission() for what others see of the caller, which a mute forbids. Errors: those of
// permission(), muted.
Result<Role> voice(store::View& view, RoomId room, UserId caller, Action action,
                   std::int64_t now_ms);

// Whether a member of this role may send their next message: moderators at once, others when the
// room's slow mode lets them. Errors: slow_mode, with how long to wait.
Result<void> check_pace(store::View& view, RoomId room, UserId author, Role role,
                        std::int64_t now_ms);

// Nothing is seen of `user` in the room for so long: no message, edit, reaction or typing, no other
// name or topic of the room; leaving and coming back changes nothing. Again: from now on so long.
// Only for those below the caller; who becomes an owner, whom nobody stands above, is muted no
// more. Errors: not_found, not_a_member, forbidden.
Result<Member> mute(store::Transaction& tx, UserId caller, RoomId room, UserId user,
                    std::int64_t seconds, std::int64_t now_ms);
// Lifting what is not there is no mistake. Errors: as mute.
Result<void> unmute(store::Transaction& tx, UserId caller, RoomId room, UserId user,
                    std::int64_t now_ms);

}  // namespace fairlead::chat
