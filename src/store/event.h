#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/ids.h"

namespace fairlead::store {

// What an event does to who sees a room; everything else is kPlain.
enum class EventKind : std::uint8_t {
  kPlain = 0,
  kMemberJoined = 1,
  kMemberLeft = 2,
  kRoomDeleted = 3,
  kControl = 4,  // for the nodes: no room, no user, and no session sees it (log/control.h)
};
inline constexpr auto kLastEventKind = EventKind::kControl;

// A durable event on its way into the log. Exactly one of `room` and `only_for` decides who sees it:
// the members of the room (the subject of a member.joined and of a member.left included), or one user.
struct EventDraft {
  std::string type;
  RoomId room;                              // shown as room_id even if only_for decides
  UserId only_for;                          // 0: the room's members
  EventKind kind = EventKind::kPlain;
  UserId subject;                           // who joined or left
  std::int64_t time_ms = 0;
  std::string data;                         // the JSON object `data`, as text
};

// A durable event of the log. Immutable, shared between threads.
struct Event {
  LogPosition position;
  RoomId room;
  UserId only_for;
  EventKind kind = EventKind::kPlain;
  UserId subject;
  std::int64_t time_ms = 0;
  std::string cursor;                       // as the wire shows it
  std::string json;                         // the whole event as the wire shows it, on every transport
};

using EventPtr = std::shared_ptr<const Event>;

}  // namespace fairlead::store
