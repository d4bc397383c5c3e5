#include "log/tail.h"

#include <cassert>

namespace fairlead::log {
namespace {

// What an entry takes: its JSON and, made on first use, its two framings; and the bookkeeping.
std::size_t cost(const store::Event& event) {
  constexpr std::size_t kBookkeepingBytes = 384;
  return 3 * event.json.size() + 2 * event.cursor.size() + kBookkeepingBytes;
}

}  // namespace

Tail::Entry& Tail::append(store::EventPtr event) {
  assert(event->position.value() == head_.value() + 1);
  head_ = event->position;
  bytes_ += cost(*event);
  entries_.push_back(Entry{std::move(event), nullptr, nullptr});
  while (entries_.size() > 1 && (entries_.size() > events_max_ || bytes_ > bytes_max_)) {
    bytes_ -= cost(*entries_.front().event);
    entries_.pop_front();
  }
  return entries_.back();
}

bool Tail::reaches_back_to(LogPosition position) const {
  return position <= head_ &&
         head_.value() - position.value() <= static_cast<std::int64_t>(entries_.size());
}

Tail::Entry& Tail::after(LogPosition position) {
  assert(reaches_back_to(position) && position < head_);
  const auto from_end = static_cast<std::size_t>(head_.value() - position.value());
  return entries_[entries_.size() - from_end];
}

}  // namespace fairlead::log
