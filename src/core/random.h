#pragma once

#include <cstdint>
#include <string>

namespace fairlead {

// From the kernel's generator (getrandom(2)): fit for ids that must not be guessed. Any thread;
// aborts the process if the kernel refuses, which it does not after boot.
std::uint64_t random_u64();
std::string random_bytes(std::size_t n);

}  // namespace fairlead
