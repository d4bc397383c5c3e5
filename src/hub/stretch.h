#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "hub/frames.h"
#include "hub/runs.h"

namespace fairlead::hub {

// For everybody in its room, and changes nobody's membership.
inline bool is_for_the_room(const store::Event& event) {
  return event.kind == store::EventKind::kPlain && !event.only_for && event.room;
}

// Events that go out together, framed for each form that needs it, on first use. Holds
// the runs that it is in; the events must outlive it. One thread: the shard's.
class Stretch {
 public:
  // Bounds what is framed at a time, and so what one write to a session brings.
  static constexpr std::size_t kEventsMax = 64;
  static constexpr std::size_t kBytesMax = 64 * 1024;

  Stretch(std::span<const store::EventPtr> events, Runs& runs) : events_(events), runs_(runs) {}
  ~Stretch() {
    for (auto& part : by_form_) {
      if (part.run != nullptr) --part.run->holders;
    }
  }
  Stretch(const Stretch&) = delete;
  Stretch& operator=(const Stretch&) = delete;

  LogPosition first() const { return events_.front()->position; }
  LogPosition last() const { return events_.back()->position; }
  std::size_t count() const { return events_.size(); }

  const RunPart& as(WireForm form) {
    auto& part = by_form_[static_cast<std::size_t>(form)];
    if (part.run == nullptr) {
      auto& run = runs_.current(form);
      ++run.holders;
      const auto begin = run.bytes.size();
      for (const auto& event : events_) add_shared_frame(run.bytes, *event, form);
      part = {&run, static_cast<std::uint32_t>(begin),
              static_cast<std::uint32_t>(run.bytes.size())};
    }
    return part;
  }

 private:
  std::span<const store::EventPtr> events_;
  Runs& runs_;
  std::array<RunPart, kWireForms> by_form_ = {};
};

}  // namespace fairlead::hub
