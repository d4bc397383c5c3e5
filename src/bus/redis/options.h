#pragma once

#include <cstddef>
#include <string>

#include "core/clock.h"

namespace fairlead::bus {

struct RedisBusOptions {
  std::string address = "127.0.0.1:6379";  // or "unix:/path"
  std::string epoch;                       // of the log: nodes of another store are not heard
  std::string prefix = "fairlead:bus:";
  // Entries that Redis keeps; who is further behind than that reads the store. With kEntryBytes
  // each this bounds what they take there.
  std::size_t entries_max = 512;
  Millis answer_timeout = Millis(2000);  // no answer for so long: Redis is away
  Millis backoff_max = Millis(2000);
};

// An entry carries messages up to about so many bytes together; a single one may be larger.
inline constexpr std::size_t kEntryBytes = 32 * 1024;

}  // namespace fairlead::bus
