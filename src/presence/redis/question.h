#pragma once

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "presence/presence.h"

namespace fairlead::presence {

// A query() on its way: shared by the calls that fetch its pages, answered when the last of them
// lets go. A page that is missing (link down, lease lost, map stopped) makes the whole answer
// kUnknown: so no way out of the code can forget to answer. Handed from thread to thread, never
// used by two at once.
class Question {
 public:
  Question(std::vector<UserId> users, Map::Answer done)
      : users_(std::move(users)), done_(std::move(done)) {}
  ~Question() {
    if (answered_ != users_.size()) {
      for (const UserId user : users_) states_[user] = State{};
    }
    done_(std::move(states_));
  }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  const std::vector<UserId>& users() const { return users_; }
  void answer(UserId user, State state) {
    states_[user] = std::move(state);
    ++answered_;
  }

 private:
  const std::vector<UserId> users_;
  const Map::Answer done_;
  std::map<UserId, State> states_;
  std::size_t answered_ = 0;
};

}  // namespace fairlead::presence
