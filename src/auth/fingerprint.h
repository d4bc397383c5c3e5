#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace fairlead::auth {

// Short keyed hashes (SipHash-2-4 with 128 bits) of what clients send, to know it again without
// keeping it. The key is this object's own secret: nobody can make two texts that match.
// Thread-safe.
class Fingerprint {
 public:
  Fingerprint();
  using Hash = std::array<std::uint64_t, 2>;
  // Of all parts; where one ends and the next begins matters.
  Hash of(std::initializer_list<std::string_view> parts) const;

 private:
  std::string key_;
};

}  // namespace fairlead::auth
