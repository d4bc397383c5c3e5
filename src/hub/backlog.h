#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <utility>
#include <vector>

#include "hub/stretch.h"
#include "protocol/model.h"

namespace fairlead::hub {

// What a large room's live sessions have yet to be given, beside the spread that may be under way.
struct Backlog {
  RoomId room;
  std::deque<store::EventPtr> events = {};  // oldest first
  std::size_t bytes = 0;                    // of their JSON

  void add(std::span<const store::EventPtr> more) {
    events.insert(events.end(), more.begin(), more.end());
    for (const auto& event : more) bytes += event->json.size();
  }
  store::EventPtr take() {
    auto event = std::move(events.front());
    events.pop_front();
    bytes -= event->json.size();
    return event;
  }
  void clear() {
    events.clear();
    bytes = 0;
  }
};

// The front of a backlog on its way to the room's sessions, some of them in each turn.
struct Spread {
  Spread(RoomId to, std::vector<store::EventPtr> of, Runs& runs)
      : room(to), events(std::move(of)), stretch(events, runs) {}

  const RoomId room;
  const std::vector<store::EventPtr> events;
  Stretch stretch;
  std::size_t next = 0;  // of the room's sessions: those before it have had their turn
};

}  // namespace fairlead::hub
