#pragma once

#include <cstdint>
#include <string>

#include "core/random.h"

namespace fairlead::redis {

// A name that was never used before: 64 random bits in hexadecimal.
inline std::string fresh_name() {
  std::string name;
  std::uint64_t bits = random_u64();
  for (int i = 0; i < 16; ++i, bits >>= 4) name += "0123456789abcdef"[bits & 15];
  return name;
}

}  // namespace fairlead::redis
