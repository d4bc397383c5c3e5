#pragma once

#include <cstdint>
#include <string>

#include "protocol/model.h"
#include "store/event.h"

// What each durable event says (docs/PROTOCOL.md, section 5): the drafts that go into the log.
// Pure. Rooms stand here without a viewer's role, and reactions without `me`: all members get the
// same bytes.
namespace fairlead::chat {

// `owner` is in the room from this event on, as by a member.joined.
store::EventDraft room_created(const Room& room, UserId owner, std::int64_t now_ms);  // the room
store::EventDraft room_updated(const Room& room, std::int64_t now_ms);                // the room
store::EventDraft room_deleted(RoomId room, std::int64_t now_ms);                     // {id}

store::EventDraft member_joined(const Room& room, const Member& member,
                                std::int64_t now_ms);  // {member, room}
// {user, user_id, reason: "left"|"removed", by: user id}
store::EventDraft member_left(RoomId room, const User& user, UserId by, std::int64_t now_ms);
store::EventDraft member_updated(RoomId room, const Member& member,
                                 std::int64_t now_ms);  // {member}

// `json`: the message's, which the sender's answer shares.
store::EventDraft message_created(RoomId room, std::string json, std::int64_t now_ms);
store::EventDraft message_updated(const Message& message, std::int64_t now_ms);  // the message
store::EventDraft message_deleted(const Message& message, std::int64_t now_ms);  // its tombstone

// {message_id, user, user_id, emoji, count}: `message` as it is after the change.
store::EventDraft reaction_added(const Message& message, const User& user, const std::string& emoji,
                                 std::int64_t now_ms);
store::EventDraft reaction_removed(const Message& message, const User& user,
                                   const std::string& emoji, std::int64_t now_ms);

// Only to the reader's own sessions: {user_id, message_id, seq}
store::EventDraft read_updated(const Message& message, UserId reader, std::int64_t now_ms);

// Ephemeral: the whole event's JSON.
std::string typing_json(RoomId room, const User& user, std::int64_t now_ms);

}  // namespace fairlead::chat
