#include "auth/sodium.h"

#include <sodium.h>

#include <cstdlib>

namespace fairlead::auth {

void init_sodium() {
  static const bool ready = sodium_init() >= 0;
  if (!ready) std::abort();
}

std::string to_base64url(std::string_view bytes) {
  constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string text(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), kVariant);
  text.pop_back();  // the terminating NUL that libsodium counts in
  return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string bytes(text.size() * 3 / 4, '\0');
  std::size_t length = 0;
  const char* end = nullptr;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &length, &end,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  bytes.resize(length);
  // libsodium 1.0.18 takes every byte above 127 for some digit.
  if (to_base64url(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace fairlead::auth
