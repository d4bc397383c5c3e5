#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace fairlead {

// A text that is empty nearly all of the time, and takes eight bytes then: for what there is one of
// per connection. Moved from it is empty.
class RareText {
 public:
  RareText() = default;
  explicit RareText(std::string text) { *this = std::move(text); }
  RareText& operator=(std::string text) {
    text_ = text.empty() ? nullptr : std::make_unique<std::string>(std::move(text));
    return *this;
  }

  bool empty() const { return !text_; }
  std::string_view view() const { return text_ ? std::string_view(*text_) : std::string_view(); }
  std::string take() {
    const auto text = std::move(text_);
    return text ? std::move(*text) : std::string();
  }
  RareText& operator+=(std::string_view more) {
    if (more.empty()) return *this;
    if (!text_) text_ = std::make_unique<std::string>();
    *text_ += more;
    return *this;
  }
  void remove_prefix(std::size_t bytes) {
    if (bytes == 0) return;
    text_->erase(0, bytes);
    if (text_->empty()) text_ = nullptr;
  }

 private:
  std::unique_ptr<std::string> text_;  // null: empty
};

}  // namespace fairlead
