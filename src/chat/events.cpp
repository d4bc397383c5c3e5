#include "chat/events.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "protocol/event.h"
#include "protocol/ids.h"
#include "protocol/json.h"

namespace fairlead::chat {
namespace {

using protocol::Json;
using store::EventDraft;
using store::EventKind;

EventDraft draft_of_text(const char* type, RoomId room, std::int64_t now_ms, std::string json) {
  EventDraft event;
  event.type = type;
  event.room = room;
  event.time_ms = now_ms;
  event.data = std::move(json);
  return event;
}
EventDraft draft(const char* type, RoomId room, std::int64_t now_ms, const Json& data) {
  return draft_of_text(type, room, now_ms, protocol::dump(data));
}

// The same bytes go to everybody: nobody is "me".
std::string anonymous(Message message) {
  for (auto& reaction : message.reactions) reaction.me = false;
  return protocol::message_json(message);
}

EventDraft reaction(const char* type, const Message& message, const User& user,
                    const std::string& emoji, std::int64_t now_ms) {
  const auto& all = message.reactions;
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const Reaction& reaction) { return reaction.emoji == emoji; });
  return draft(type, message.room, now_ms,
               {{"message_id", protocol::to_wire(message.id)},
                {"user", protocol::to_json(user)},
                {"user_id", protocol::to_wire(user.id)},
                {"emoji", emoji},
                {"count", found == all.end() ? 0 : found->count}});
}

}  // namespace

EventDraft room_created(const Room& room, UserId owner, std::int64_t now_ms) {
  auto event = draft("room.created", room.id, now_ms, protocol::to_json(room));
  event.kind = EventKind::kMemberJoined;
  event.subject = owner;
  return event;
}

EventDraft room_updated(const Room& room, std::int64_t now_ms) {
  return draft("room.updated", room.id, now_ms, protocol::to_json(room));
}

EventDraft room_deleted(RoomId room, std::int64_t now_ms) {
  auto event = draft("room.deleted", room, now_ms, {{"id", protocol::to_wire(room)}});
  event.kind = EventKind::kRoomDeleted;
  return event;
}

EventDraft member_joined(const Room& room, const Member& member, std::int64_t now_ms) {
  auto event = draft("member.joined", room.id, now_ms,
                     {{"member", protocol::to_json(member)}, {"room", protocol::to_json(room)}});
  event.kind = EventKind::kMemberJoined;
  event.subject = member.user.id;
  return event;
}

EventDraft member_left(RoomId room, const User& user, UserId by, std::int64_t now_ms) {
  auto event = draft("member.left", room, now_ms,
                     {{"user", protocol::to_json(user)},
                      {"user_id", protocol::to_wire(user.id)},
                      {"reason", by == user.id ? "left" : "removed"},
                      {"by", protocol::to_wire(by)}});
  event.kind = EventKind::kMemberLeft;
  event.subject = user.id;
  return event;
}

EventDraft member_updated(RoomId room, const Member& member, std::int64_t now_ms) {
  return draft("member.updated", room, now_ms, {{"member", protocol::to_json(member)}});
}

EventDraft message_created(RoomId room, std::string json, std::int64_t now_ms) {
  return draft_of_text("message.created", room, now_ms, std::move(json));
}

EventDraft message_updated(const Message& message, std::int64_t now_ms) {
  return draft_of_text("message.updated", message.room, now_ms, anonymous(message));
}

EventDraft message_deleted(const Message& message, std::int64_t now_ms) {
  return draft_of_text("message.deleted", message.room, now_ms, anonymous(message));
}

EventDraft reaction_added(const Message& message, const User& user, const std::string& emoji,
                          std::int64_t now_ms) {
  return reaction("reaction.added", message, user, emoji, now_ms);
}

EventDraft reaction_removed(const Message& message, const User& user, const std::string& emoji,
                            std::int64_t now_ms) {
  return reaction("reaction.removed", message, user, emoji, now_ms);
}

EventDraft read_updated(const Message& message, UserId reader, std::int64_t now_ms) {
  auto event = draft("read.updated", message.room, now_ms,
                     {{"user_id", protocol::to_wire(reader)},
                      {"message_id", protocol::to_wire(message.id)},
                      {"seq", message.seq}});
  event.only_for = reader;
  return event;
}

std::string typing_json(RoomId room, const User& user, std::int64_t now_ms) {
  return protocol::event_json("typing", "", room, now_ms,
                              {{"user_id", protocol::to_wire(user.id)}, {"name", user.name}});
}

}  // namespace fairlead::chat
