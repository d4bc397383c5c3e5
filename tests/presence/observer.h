#pragma once

#include <algorithm>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "presence/presence.h"
#include "tests/redis/eventually.h"

namespace fairlead::presence {

using redis::eventually;

// What a map's listener heard, in order. Give it to the map before start(); must outlive the map.
class Observer {
 public:
  struct Heard {
    UserId user;
    Standing now;
    MonoTime at;
  };

  explicit Observer(Map& map) {
    map.on_change([this](const Changes& changes) {
      std::lock_guard lock(mutex_);
      ++times_;
      for (const auto& [user, now] : changes) {
        heard_.push_back({user, now, std::chrono::steady_clock::now()});
      }
    });
  }

  std::vector<Heard> all() const {
    std::lock_guard lock(mutex_);
    return heard_;
  }
  // How often there was something to hear.
  int times() const {
    std::lock_guard lock(mutex_);
    return times_;
  }
  // "online offline …" of one user
  std::string of(UserId user) const {
    std::string words;
    for (const Heard& h : all()) {
      if (h.user == user) words += (words.empty() ? "" : " ") + std::string(to_wire(h.now.status));
    }
    return words;
  }
  bool hears(UserId user, const std::string& words, Millis within = Millis(20'000)) const {
    return eventually([&] { return of(user) == words; }, within);
  }
  Heard last(UserId user) const {
    const auto heard = all();
    const auto it =
        std::find_if(heard.rbegin(), heard.rend(), [&](const Heard& h) { return h.user == user; });
    return it == heard.rend() ? Heard{} : *it;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Heard> heard_;  // guarded by mutex_
  int times_ = 0;             // guarded by mutex_
};

inline std::map<UserId, State> ask(Map& map, std::vector<UserId> users) {
  auto promise = std::make_shared<std::promise<std::map<UserId, State>>>();
  auto answer = promise->get_future();
  map.query(std::move(users), [promise](auto states) { promise->set_value(std::move(states)); });
  return answer.get();
}
inline std::optional<Headcount> count(Map& map, std::vector<UserId> users) {
  auto promise = std::make_shared<std::promise<std::optional<Headcount>>>();
  auto answer = promise->get_future();
  map.count(std::move(users), [promise](auto counted) { promise->set_value(counted); });
  return answer.get();
}
inline State ask(Map& map, UserId user) {
  return ask(map, std::vector<UserId>{user}).at(user);
}
inline Status status(Map& map, UserId user) {
  return ask(map, user).status;
}
inline bool becomes(Map& map, UserId user, Status wanted) {
  return eventually([&] { return status(map, user) == wanted; });
}

}  // namespace fairlead::presence
