#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "doctor/verdict/finding.h"

namespace fairlead::doctor {

// What the kernel and the limits of this host allow; what could not be read is absent.
struct KernelLook {
  std::optional<std::uint64_t> descriptors;  // of `fairlead serve`, or of this shell
  std::string descriptors_of;                // whose they are
  std::optional<std::uint64_t> somaxconn;
  std::optional<std::uint64_t> tcp_retries2;
  std::optional<std::uint64_t> local_ports;
};

// Reads /proc.
KernelLook look_at_kernel();

// `tcp_upstream`: nginx reaches a node over TCP. Pure.
Findings judge_kernel(const KernelLook& look, std::uint64_t sessions, bool tcp_upstream);

}  // namespace fairlead::doctor
