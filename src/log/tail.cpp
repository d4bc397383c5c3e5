#include "log/tail.h"

#include <cassert>

namespace fairlead::log {
namespace {

// What an event takes: its texts and the bookkeeping.
std::size_t cost(const store::Event& event) {
  constexpr std::size_t kBookkeepingBytes = 192;
  return event.json.size() + event.cursor.size() + kBookkeepingBytes;
}

}  // namespace

void Tail::append(store::EventPtr event) {
  assert(event->position.value() == head_.value() + 1);
  head_ = event->position;
  bytes_ += cost(*event);
  events_.push_back(std::move(event));
  while (events_.size() > 1 && (events_.size() > events_max_ || bytes_ > bytes_max_)) {
    bytes_ -= cost(*events_.front());
    events_.pop_front();
  }
}

bool Tail::reaches_back_to(LogPosition position) const {
  return position <= head_ &&
         head_.value() - position.value() <= static_cast<std::int64_t>(events_.size());
}

const store::Event& Tail::after(LogPosition position) const {
  assert(reaches_back_to(position) && position < head_);
  const auto from_end = static_cast<std::size_t>(head_.value() - position.value());
  return *events_[events_.size() - from_end];
}

}  // namespace fairlead::log
