#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace fairlead {

// A short text that lives where it stands: for what there is one of per connection, where a
// std::string's own memory would cost more than the text. A value.
template <std::uint8_t kBytesMax>
class InlineText {
 public:
  InlineText() = default;
  explicit InlineText(std::string_view text) { *this = text; }
  // Throws std::length_error if the text is longer than kBytesMax.
  InlineText& operator=(std::string_view text) {
    if (text.size() > kBytesMax) throw std::length_error("a text is longer than its place");
    size_ = static_cast<std::uint8_t>(text.size());
    std::memcpy(bytes_, text.data(), text.size());
    return *this;
  }

  std::string_view view() const { return {bytes_, size_}; }
  operator std::string_view() const { return view(); }  // NOLINT(google-explicit-constructor)
  friend bool operator==(const InlineText& a, std::string_view b) { return a.view() == b; }

 private:
  std::uint8_t size_ = 0;
  char bytes_[kBytesMax];
};

}  // namespace fairlead
