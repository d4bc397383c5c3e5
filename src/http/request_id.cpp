#include "http/request_id.h"

#include <algorithm>

#include "core/random.h"

namespace fairlead::http {
namespace {

constexpr std::size_t kRequestIdCharsMax = 64;

constexpr bool is_id_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

}  // namespace

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= kRequestIdCharsMax &&
         std::ranges::all_of(text, is_id_char);
}

std::string make_request_id() {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::uint64_t bits = random_u64();
  std::string id(16, '0');
  for (char& c : id) {
    c = kDigits[bits & 0xF];
    bits >>= 4;
  }
  return id;
}

}  // namespace fairlead::http
