#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

#include "core/clock.h"
#include "core/ids.h"

namespace fairlead::chat {

// Rooms too large for their members to be told of each change of presence: when it is time to tell
// them how many are here. A room's turn comes at most once in kEvery, a round at most once a second
// and for at most kAskedMax members, so that a storm costs the presence map a bounded share. Any
// thread.
class Headcounts {
 public:
  static constexpr std::chrono::seconds kEvery{5};
  static constexpr std::chrono::seconds kRoundEvery{1};
  static constexpr std::int64_t kAskedMax = 20'000;  // larger rooms are not counted at all

  void changed(RoomId room, std::int64_t members) {
    if (members > kAskedMax) return;
    std::lock_guard lock(mutex_);
    waiting_[room] = members;
  }

  // Those whose turn it is. The others stay, for a later round.
  std::vector<RoomId> due(MonoTime now) {
    std::lock_guard lock(mutex_);
    std::vector<RoomId> rooms;
    if (now < next_round_) return rooms;
    std::erase_if(told_, [now](const auto& told) { return told.second + kEvery <= now; });
    std::int64_t asked = 0;
    // From where the last round ended, so that every room gets its turn.
    for (auto left = waiting_.size(); left > 0; --left) {
      auto it = waiting_.upper_bound(last_);
      if (it == waiting_.end()) it = waiting_.begin();
      const auto [room, members] = *it;
      if (asked + members > kAskedMax) break;
      last_ = room;
      if (told_.contains(room)) continue;
      asked += members;
      told_.emplace(room, now);
      waiting_.erase(it);
      rooms.push_back(room);
    }
    if (!rooms.empty()) next_round_ = now + kRoundEvery;
    return rooms;
  }

 private:
  std::mutex mutex_;
  std::map<RoomId, std::int64_t> waiting_;  // with how many members
  std::map<RoomId, MonoTime> told_;         // within the last kEvery
  RoomId last_;
  MonoTime next_round_{};
};

}  // namespace fairlead::chat
