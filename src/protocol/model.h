#pragma once

#include <cstdint>
#include <optional>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.h"

// The things that the wire talks about, as plain data. Times are milliseconds since 1970-01-01 UTC.
namespace fairlead {

struct User {
  UserId id;
  std::string name;
  std::string display_name;
  std::int64_t created_at_ms = 0;
};

// In order of power: a role may do what the ones before it may.
enum class Role : std::uint8_t { kReader, kMember, kModerator, kOwner };
enum class Visibility : std::uint8_t { kPublic, kPrivate };
enum class RoomKind : std::uint8_t { kRoom, kDirect };

struct Room {
  RoomId id;
  std::string name;
  std::string topic;
  Visibility visibility = Visibility::kPublic;
  RoomKind kind = RoomKind::kRoom;
  std::int64_t created_at_ms = 0;
  std::int64_t last_seq = 0;        // `seq` of the newest message; 0: none yet
  std::int64_t members_count = 0;
  std::int64_t slow_mode_s = 0;     // between two messages of one member; 0: off
};

struct Member {
  User user;
  Role role = Role::kMember;
  std::int64_t joined_at_ms = 0;
  std::int64_t muted_until_ms = 0;  // past: not any more; 0: never was
};

// A room as one user sees it.
struct SeenRoom {
  Room room;
  std::optional<Role> role;         // nullopt: they are no member
  std::int64_t muted_until_ms = 0;  // as in Member
  std::optional<User> peer;         // the other one of a direct room
};

struct Reaction {
  std::string emoji;
  std::int64_t count = 0;
  bool me = false;                  // the viewer is among them
};

struct Message {
  MessageId id;                     // the log position of its message.created: sorts by creation
  RoomId room;
  std::int64_t seq = 0;             // 1, 2, 3, … without a gap in each room
  User author;
  std::string text;                 // empty when deleted
  std::string nonce;                // empty: none
  MessageId reply_to;               // 0: none
  std::vector<UserId> mentions;
  std::vector<Reaction> reactions;
  std::string metadata;             // a JSON object, as text; empty: none
  std::int64_t created_at_ms = 0;
  std::int64_t edited_at_ms = 0;    // 0: never
  std::int64_t deleted_at_ms = 0;   // 0: not
};

}  // namespace fairlead
