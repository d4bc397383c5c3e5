#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace fairlead::auth {

// Short keyed hashes (SipHash-2-4 with 128 bits) of what clients send, to know it again without
// keeping it. The key is this object's own secret: nobody can make two texts that match.
// Thread-safe.
class Fingerprint {
 public:
  Fingerprint();
  // Of both parts; where one ends and the other begins matters.
  std::array<std::uint64_t, 2> of(std::string_view first, std::string_view second) const;

 private:
  std::string key_;
};

}  // namespace fairlead::auth
