#pragma once

#include <algorithm>
#include <vector>

#include "store/view.h"

namespace fairlead::hub {

// The rooms of one user. As many as there are users, most of them with a few rooms: kept small. One
// thread: the shard's.
class Memberships {
 public:
  Memberships() = default;
  // A copy: no larger than it need be, and in the memory of this thread.
  explicit Memberships(const std::vector<store::Membership>& all) : all_(all) {
    std::ranges::sort(all_, {}, &store::Membership::room);
  }

  // Null: never was a member.
  store::Membership* find(RoomId room) {
    const auto at = place_of(room);
    return at != all_.end() && at->room == room ? &*at : nullptr;
  }
  // Made if it is not there; the others move.
  store::Membership& operator[](RoomId room) {
    const auto at = place_of(room);
    return at != all_.end() && at->room == room ? *at : *all_.insert(at, {room, {}, {}});
  }
  auto begin() const { return all_.begin(); }
  auto end() const { return all_.end(); }

 private:
  std::vector<store::Membership>::iterator place_of(RoomId room) {
    return std::ranges::lower_bound(all_, room, {}, &store::Membership::room);
  }

  std::vector<store::Membership> all_;  // by room
};

}  // namespace fairlead::hub
