#include "core/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace fairlead {
namespace {

void fill(void* to, std::size_t n) {
  auto* p = static_cast<char*>(to);
  while (n > 0) {
    const ssize_t got = ::getrandom(p, n, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      std::abort();
    }
    p += got;
    n -= static_cast<std::size_t>(got);
  }
}

}  // namespace

std::uint64_t random_u64() {
  std::uint64_t x;
  fill(&x, sizeof x);
  return x;
}

std::string random_bytes(std::size_t n) {
  std::string s(n, '\0');
  fill(s.data(), n);
  return s;
}

}  // namespace fairlead
