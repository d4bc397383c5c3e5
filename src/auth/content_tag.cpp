#include "auth/content_tag.h"

#include <sodium.h>

#include <array>

#include "auth/sodium.h"

namespace fairlead::auth {

std::string content_tag(std::string_view body) {
  std::array<char, crypto_generichash_BYTES_MIN> hash;
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(),
                     reinterpret_cast<const unsigned char*>(body.data()), body.size(), nullptr, 0);
  return '"' + to_base64url({hash.data(), hash.size()}) + '"';
}

}  // namespace fairlead::auth
