#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "store/view.h"

namespace fairlead::hub {

// As store::Membership; small, for there are as many as connections at least.
struct Membership {
  RoomId room;
  LogPosition since;                                      // 0: not a member now
  std::unique_ptr<std::vector<store::Interval>> earlier;  // null: none

  bool sees(LogPosition position) const {
    return store::sees(
        since,
        earlier ? std::span<const store::Interval>(*earlier) : std::span<const store::Interval>(),
        position);
  }
  void end(LogPosition at) {
    if (!earlier) earlier = std::make_unique<std::vector<store::Interval>>();
    earlier->push_back({std::exchange(since, {}), at});
  }
};

// The rooms of one user, most of them a few. One thread: the shard's.
class Memberships {
 public:
  Memberships() = default;
  explicit Memberships(std::vector<store::Membership> all) {
    all_.reserve(all.size());
    for (auto& one : all) {
      auto& membership = all_.emplace_back(Membership{one.room, one.since, nullptr});
      if (one.earlier.empty()) continue;
      membership.earlier = std::make_unique<std::vector<store::Interval>>(std::move(one.earlier));
    }
    std::ranges::sort(all_, {}, &Membership::room);
  }

  // Null: never was a member.
  Membership* find(RoomId room) {
    const auto at = place_of(room);
    return at != all_.end() && at->room == room ? &*at : nullptr;
  }
  // Made if it is not there; the others move.
  Membership& operator[](RoomId room) {
    const auto at = place_of(room);
    return at != all_.end() && at->room == room ? *at
                                                : *all_.insert(at, Membership{room, {}, nullptr});
  }
  auto begin() const { return all_.begin(); }
  auto end() const { return all_.end(); }

 private:
  std::vector<Membership>::iterator place_of(RoomId room) {
    return std::ranges::lower_bound(all_, room, {}, &Membership::room);
  }

  std::vector<Membership> all_;  // by room
};

}  // namespace fairlead::hub
