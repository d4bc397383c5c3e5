#include "hub/replay.h"

#include <algorithm>

#include "hub/frames.h"
#include "hub/stretch.h"

namespace fairlead::hub {
namespace {

template <class T>
bool note(std::vector<T>& others, const T& other) {
  if (std::ranges::find(others, other) != others.end()) return true;
  if (others.size() == Replay::kOthersMax) return false;
  others.push_back(other);
  return true;
}

}  // namespace

Replay::Piece Replay::after(LogPosition position, RoomId room, WireForm form, MonoTime now) {
  const auto found = covering({form, room, position});
  if (found == pieces_.end()) return {.last = tail_.head()};
  auto& framed = found->second;
  framed.used = now;
  const auto first = std::ranges::upper_bound(framed.frames, position, {}, &Frame::position);
  const auto frames = static_cast<std::size_t>(framed.frames.end() - first);
  if (frames < kFramesMin) return {.last = framed.end};
  const auto begin = first == framed.frames.begin() ? 0 : std::prev(first)->end;
  const auto& last = framed.frames.back();
  return {framed.end,         last.position,     frames, {framed.run.get(), begin, last.end},
          framed.other_rooms, framed.other_users};
}

// The piece that has what comes after this position; made, or made longer, if need be.
Replay::Pieces::iterator Replay::covering(const Key& key) {
  const auto [form, room, position] = key;
  const auto is_of_the_room = [this, &key](auto piece) {
    return piece != pieces_.end() && std::get<0>(piece->first) == std::get<0>(key) &&
           std::get<1>(piece->first) == std::get<1>(key);
  };
  const auto next = pieces_.upper_bound(key);
  const auto until =
      is_of_the_room(next) ? std::min(tail_.head(), std::get<2>(next->first)) : tail_.head();
  if (const auto before = next == pieces_.begin() ? pieces_.end() : std::prev(next);
      is_of_the_room(before)) {
    // It may end here only because the log did.
    if (before->second.end == position) extend(before->first, before->second, until);
    if (before->second.end > position) return before;
  }
  if (!make_room()) return pieces_.end();
  const auto made = pieces_.emplace(key, Framed{}).first;
  made->second.end = position;
  extend(key, made->second, until);
  return made;
}

void Replay::extend(const Key& key, Framed& framed, LogPosition until) {
  const auto before = framed.run->bytes.size();
  for (int i = 0; i < kLookedAtMax && framed.end < until; ++i) {
    const auto& event = tail_.after(framed.end);
    if (!add(key, framed, event)) break;
    framed.end = event.position;
  }
  bytes_ += framed.run->bytes.size() - before;
}

bool Replay::add(const Key& key, Framed& framed, const store::Event& event) {
  const auto [form, room, begin] = key;
  if (event.only_for) return note(framed.other_users, event.only_for);
  if (event.room != room) return note(framed.other_rooms, event.room);
  auto& bytes = framed.run->bytes;
  if (!is_for_the_room(event) || framed.frames.size() == kFramesMax ||
      bytes.size() >= kPieceBytesMax) {
    return false;
  }
  add_shared_frame(bytes, event, form);
  framed.frames.push_back({event.position, static_cast<std::uint32_t>(bytes.size())});
  return true;
}

// The oldest go first.
bool Replay::make_room() {
  for (auto piece = pieces_.begin(); piece != pieces_.end() && bytes_ >= kBytesMax;) {
    piece = piece->second.run->holders == 0 ? forget(piece) : std::next(piece);
  }
  return bytes_ < kBytesMax;
}

void Replay::tidy(MonoTime now) {
  for (auto piece = pieces_.begin(); piece != pieces_.end();) {
    const bool idle = piece->second.run->holders == 0 && now - piece->second.used >= kLife;
    piece = idle ? forget(piece) : std::next(piece);
  }
}

Replay::Pieces::iterator Replay::forget(Pieces::iterator piece) {
  bytes_ -= piece->second.run->bytes.size();
  return pieces_.erase(piece);
}

}  // namespace fairlead::hub
