#include "auth/fingerprint.h"

#include <sodium.h>

#include "core/random.h"

namespace fairlead::auth {

Fingerprint::Fingerprint() : key_(random_bytes(crypto_shorthash_siphashx24_KEYBYTES)) {}

std::array<std::uint64_t, 2> Fingerprint::of(std::string_view first,
                                             std::string_view second) const {
  std::array<std::uint64_t, 2> hash{};
  static_assert(sizeof hash == crypto_shorthash_siphashx24_BYTES);
  const std::uint64_t size = first.size();
  thread_local std::string text;
  text.assign(reinterpret_cast<const char*>(&size), sizeof size);
  text += first;
  text += second;
  crypto_shorthash_siphashx24(reinterpret_cast<unsigned char*>(hash.data()),
                              reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                              reinterpret_cast<const unsigned char*>(key_.data()));
  return hash;
}

}  // namespace fairlead::auth
