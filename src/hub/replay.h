#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <tuple>
#include <vector>

#include "core/clock.h"
#include "hub/outbox.h"
#include "hub/transport.h"
#include "log/tail.h"

namespace fairlead::hub {

// A busy room's newest events again, for those who missed them: framed once for all of them, since
// after a cut of the network thousands come back with much the same cursor. Bounded in bytes; what
// is not asked for is forgotten. One thread: the shard's.
class Replay {
 public:
  static constexpr std::size_t kFramesMin = 32;  // fewer are framed for each session
  static constexpr std::size_t kFramesMax = 256;
  static constexpr std::size_t kPieceBytesMax = 96 * 1024;  // then a piece is full
  static constexpr std::size_t kOthersMax = 32;
  static constexpr int kLookedAtMax = 2048;
  static constexpr std::size_t kBytesMax = 4 * 1024 * 1024;
  static constexpr std::chrono::seconds kLife{2};

  explicit Replay(const log::Tail& tail) : tail_(tail) {}

  // All that a part of the log has for a room. In between may stand events for others: a piece is
  // no good for whoever sees one of these rooms, or is one of these users.
  struct Piece {
    LogPosition last = {};          // where that part ends
    LogPosition last_in_room = {};  // the last frame's event
    std::size_t frames = 0;         // 0: not worth it, before `last` is reached
    RunPart part = {};
    std::span<const RoomId> other_rooms = {};
    std::span<const UserId> other_users = {};
  };
  // What follows `position`, to which the tail reaches back; the next event must be for the room.
  // Valid until the next call; the frames as long as an outbox holds them.
  Piece after(LogPosition position, RoomId room, WireForm form, MonoTime now);

  // Now and then: frees what nobody has asked for of late.
  void tidy(MonoTime now);
  // When the tail begins anew. Nobody holds anything any more.
  void clear() {
    pieces_.clear();
    bytes_ = 0;
  }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Frame {
    LogPosition position;
    std::uint32_t end;  // in the run
  };
  struct Framed {
    std::unique_ptr<Run> run = std::make_unique<Run>();
    std::vector<Frame> frames;
    std::vector<RoomId> other_rooms;
    std::vector<UserId> other_users;
    LogPosition end;  // has been looked at
    MonoTime used;
  };
  // The last: the position before the first event.
  using Key = std::tuple<WireForm, RoomId, LogPosition>;
  using Pieces = std::map<Key, Framed>;

  Pieces::iterator covering(const Key& key);
  void extend(const Key& key, Framed& framed, LogPosition until);
  bool add(const Key& key, Framed& framed, const store::Event& event);
  bool make_room();
  Pieces::iterator forget(Pieces::iterator piece);

  const log::Tail& tail_;
  Pieces pieces_;
  std::size_t bytes_ = 0;
};

}  // namespace fairlead::hub
