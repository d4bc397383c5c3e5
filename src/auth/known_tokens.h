#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <unordered_map>

#include "auth/tokens.h"

namespace fairlead::auth {

// Whose tokens have been checked lately, by a keyed hash of the whole text, which is not kept. What
// has not been asked for longest is forgotten. One thread at a time.
class KnownTokens {
 public:
  // BLAKE2b-256 under a key of this process: nobody can make two tokens with one hash.
  using Hash = std::array<std::uint8_t, 32>;
  struct HashOfHash {  // it is one
    std::size_t operator()(const Hash& hash) const {
      std::size_t first = 0;
      std::memcpy(&first, hash.data(), sizeof first);
      return first;
    }
  };

  explicit KnownTokens(std::size_t max) : max_(max) {}

  // Null: not known (any more). Valid until the next call.
  const Identity* find(const Hash& token) {
    if (const auto it = young_.find(token); it != young_.end()) return &it->second;
    auto node = old_.extract(token);
    return node ? put(token, std::move(node.mapped())) : nullptr;
  }
  const Identity* put(const Hash& token, Identity identity) {
    if (young_.size() >= max_ / 2 && !young_.contains(token)) {
      old_ = std::move(young_);
      young_.clear();
    }
    return &young_.insert_or_assign(token, std::move(identity)).first->second;
  }
  void clear() {
    young_.clear();
    old_.clear();
  }
  std::size_t size() const { return young_.size() + old_.size(); }

 private:
  const std::size_t max_;
  // Asked for lately; and what was asked for before that, half of max_ each.
  std::unordered_map<Hash, Identity, HashOfHash> young_, old_;
};

}  // namespace fairlead::auth
