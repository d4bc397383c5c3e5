#include "transport/connect/known_polls.h"

#include <utility>

namespace fairlead::connect {

const poll::Poll* KnownPolls::find(const Key& fingerprint) {
  if (const auto it = young_.find(fingerprint); it != young_.end()) return &it->second;
  const auto it = old_.find(fingerprint);
  if (it == old_.end()) return nullptr;
  auto poll = std::move(it->second);
  old_.erase(it);
  return keep(fingerprint, std::move(poll));
}

void KnownPolls::put(const poll::Poll& poll) {
  old_.erase(poll.fingerprint);
  keep(poll.fingerprint, poll);
}

const poll::Poll* KnownPolls::keep(const Key& key, poll::Poll poll) {
  if (young_.size() >= kMax / 2 && !young_.contains(key)) {
    old_ = std::move(young_);
    young_.clear();
  }
  return &young_.insert_or_assign(key, std::move(poll)).first->second;
}

}  // namespace fairlead::connect
