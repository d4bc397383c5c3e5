#include "chat/fields.h"

#include <algorithm>

#include "core/utf8.h"

namespace fairlead::chat {

const protocol::Json* Fields::find(const char* name) const {
  const auto found = json_.find(name);
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

std::string Fields::text(const char* name, std::size_t chars_min, std::size_t chars_max) {
  auto value = optional_text(name, chars_min, chars_max);
  if (!value && !is_wrong(name)) wrong(name, "is required");
  return std::move(value).value_or("");
}

std::optional<std::string> Fields::optional_text(const char* name, std::size_t chars_min,
                                                 std::size_t chars_max) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) {
    wrong(name, "must be a string");
    return std::nullopt;
  }
  const auto& text = value->get_ref<const std::string&>();
  if (auto why = text_problem(text, chars_min, chars_max); !why.empty()) {
    wrong(name, std::move(why));
    return std::nullopt;
  }
  return text;
}

std::optional<std::int64_t> Fields::optional_number(const char* name, std::int64_t min,
                                                    std::int64_t max) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  // A number beyond 63 bits is an unsigned one, or a float.
  const bool fits = value->is_number_unsigned()
                        ? value->get<std::uint64_t>() <= static_cast<std::uint64_t>(max)
                        : value->is_number_integer() && value->get<std::int64_t>() <= max;
  if (fits && value->get<std::int64_t>() >= min) return value->get<std::int64_t>();
  wrong(name, "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  return std::nullopt;
}

std::string Fields::optional_object(const char* name, std::size_t bytes_max) {
  const auto* value = find(name);
  if (value == nullptr) return {};
  if (!value->is_object()) {
    wrong(name, "must be an object");
    return {};
  }
  auto text = protocol::dump(*value);
  if (text.size() <= bytes_max) return text;
  wrong(name, "must be at most " + std::to_string(bytes_max) + " bytes of JSON");
  return {};
}

Result<void> Fields::check() const {
  if (errors_.empty()) return {};
  Error invalid = error(ErrorCode::kInvalidFields);
  for (const auto& [name, why] : errors_) {
    if (!invalid.detail.empty()) invalid.detail += "; ";
    invalid.detail += name + ": " + why;
  }
  invalid.fields = errors_;
  return fail(std::move(invalid));
}

std::string text_problem(std::string_view text, std::size_t chars_min, std::size_t chars_max) {
  if (!is_utf8(text)) return "must be UTF-8";
  if (text.find('\0') != std::string_view::npos) return "must not hold U+0000";
  const auto chars = protocol::characters(text);
  if (chars >= chars_min && chars <= chars_max) return {};
  if (chars_min == 0) return "must be at most " + std::to_string(chars_max) + " characters";
  return "must be " + std::to_string(chars_min) + " to " + std::to_string(chars_max) +
         " characters";
}

std::string line_problem(std::string_view text, std::size_t chars_min, std::size_t chars_max) {
  if (auto why = text_problem(text, chars_min, chars_max); !why.empty()) return why;
  const auto control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (std::any_of(text.begin(), text.end(), control)) return "must not hold control characters";
  if (!text.empty() && text.find_first_not_of(' ') == std::string_view::npos) {
    return "must not be blank";
  }
  return {};
}

}  // namespace fairlead::chat
