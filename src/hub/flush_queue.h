#pragma once

#include <cstdint>
#include <deque>

namespace fairlead::hub {

struct Session;

// Sessions that have something to flush, first come, first served. One thread: the shard's.
class FlushQueue {
 public:
  // Who waits in which queue. Each has its share of a turn, so that none waits for all of another.
  enum class Rank : std::uint8_t {
    kPrompt,  // live in small rooms, answers, hello, heartbeats
    kBehind,  // catching up; ephemeral events of large rooms
    kNone,
  };
  using Place = std::uint64_t;

  Place push(Session* session) {
    sessions_.push_back(session);
    return first_ + sessions_.size() - 1;
  }
  // Out of its turn; `place` is what push() said.
  void forget(Place place) { sessions_[place - first_] = nullptr; }
  // Null: nobody.
  Session* pop() {
    while (!sessions_.empty()) {
      auto* session = sessions_.front();
      sessions_.pop_front();
      ++first_;
      if (session != nullptr) return session;
    }
    return nullptr;
  }
  bool empty() const { return sessions_.empty(); }
  void clear() { sessions_.clear(); }

 private:
  std::deque<Session*> sessions_;
  Place first_ = 0;
};

}  // namespace fairlead::hub
