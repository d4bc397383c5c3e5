#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "protocol/json.h"

namespace fairlead::chat {

// Takes the fields of one request out of its JSON object and notes what is wrong with each, so that
// a 422 names them all at once. A field that is null counts as absent; unknown fields are ignored.
// Used on one thread, for the time of one request; `json` must outlive it.
class Fields {
 public:
  explicit Fields(const protocol::Json& json) : json_(json) {}

  // A string of min..max characters without U+0000. What is wrong is noted; then the answer is
  // empty.
  std::string text(const char* name, std::size_t chars_min, std::size_t chars_max);
  std::optional<std::string> optional_text(const char* name, std::size_t chars_min,
                                           std::size_t chars_max);
  // A JSON object, as text of at most `bytes_max` bytes; empty: absent.
  std::string optional_object(const char* name, std::size_t bytes_max);

  // A whole number in min..max.
  std::optional<std::int64_t> optional_number(const char* name, std::int64_t min, std::int64_t max);

  // A string that `parse` understands. `expected` says what it may be.
  template <typename T>
  std::optional<T> parsed(const char* name, std::optional<T> (*parse)(std::string_view),
                          std::string_view expected) {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    std::optional<T> result;
    if (value->is_string()) result = parse(value->get_ref<const std::string&>());
    if (!result) wrong(name, "must be " + std::string(expected));
    return result;
  }

  bool has(const char* name) const { return find(name) != nullptr; }
  void wrong(const char* name, std::string why) { errors_.emplace(name, std::move(why)); }
  bool is_wrong(const char* name) const { return errors_.contains(name); }

  // The 422 with everything noted, or nothing.
  Result<void> check() const;

 private:
  const protocol::Json* find(const char* name) const;

  const protocol::Json& json_;
  std::map<std::string, std::string> errors_;
};

// Why `text` is not min..max characters of clean UTF-8 text (no U+0000); empty: it is.
std::string text_problem(std::string_view text, std::size_t chars_min, std::size_t chars_max);
// … nor any other control character, and not only white space: names and the like, shown on one
// line.
std::string line_problem(std::string_view text, std::size_t chars_min, std::size_t chars_max);

}  // namespace fairlead::chat
