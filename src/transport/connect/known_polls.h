#pragma once

#include <cstddef>
#include <unordered_map>

#include "fallback/poll/poll_connection.h"

namespace fairlead::connect {

// What the heads of a shard's polls said, parsed and authenticated, by their fingerprints: behind a
// proxy a client's polls come over any of its connections. What has not been asked for longest is
// forgotten. The shard's thread.
class KnownPolls {
 public:
  static constexpr std::size_t kMax = 8192;  // 0.6 KB each, with a long list of rooms a few more

  // Null: not known (any more). Valid until the next call.
  const poll::Poll* find(const poll::HeadFingerprint& fingerprint);
  void put(const poll::Poll& poll);

 private:
  using Key = poll::HeadFingerprint;
  struct Hash {  // it is one
    std::size_t operator()(const Key& key) const { return key[0]; }
  };
  using Polls = std::unordered_map<Key, poll::Poll, Hash>;

  const poll::Poll* keep(const Key& key, poll::Poll poll);

  // Asked for lately; and what was asked for before that, half of kMax each.
  Polls young_, old_;
};

}  // namespace fairlead::connect
