#include "auth/fingerprint.h"

#include <sodium.h>

#include "core/random.h"

namespace fairlead::auth {

Fingerprint::Fingerprint() : key_(random_bytes(crypto_shorthash_siphashx24_KEYBYTES)) {}

Fingerprint::Hash Fingerprint::of(std::initializer_list<std::string_view> parts) const {
  Hash hash{};
  static_assert(sizeof hash == crypto_shorthash_siphashx24_BYTES);
  thread_local std::string text;
  text.clear();
  for (const auto part : parts) {
    const std::uint64_t size = part.size();
    text.append(reinterpret_cast<const char*>(&size), sizeof size);
    text += part;
  }
  crypto_shorthash_siphashx24(reinterpret_cast<unsigned char*>(hash.data()),
                              reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                              reinterpret_cast<const unsigned char*>(key_.data()));
  return hash;
}

}  // namespace fairlead::auth
