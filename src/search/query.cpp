#include "search/query.h"

#include <algorithm>

#include "protocol/json.h"

namespace fairlead::search {
namespace {

using Term = store::SearchIndex::Term;

constexpr std::size_t kPrefixBytesMin = 2;  // of what one letter begins there is too much

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Something that the index has words of: a letter or a digit of ASCII, or anything beyond it.
bool has_word(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           static_cast<unsigned char>(c) >= 0x80;
  });
}

}  // namespace

Result<std::vector<Term>> parse_query(std::string_view q) {
  if (protocol::characters(q) > kQueryCharsMax) {
    return fail(field_error("q", "at most " + std::to_string(kQueryCharsMax) + " characters"));
  }
  std::vector<Term> terms;
  while (!q.empty()) {
    if (is_blank(q.front())) {
      q.remove_prefix(1);
      continue;
    }
    const bool in_quotes = q.front() == '"';
    if (in_quotes) q.remove_prefix(1);
    const auto end = std::ranges::find_if(
        q, [in_quotes](char c) { return c == '"' || (!in_quotes && is_blank(c)); });
    const std::string_view words(q.begin(), end);
    const bool is_last = end == q.end();
    if (has_word(words)) {
      terms.push_back(
          {std::string(words), is_last && !in_quotes && words.size() >= kPrefixBytesMin});
    }
    q.remove_prefix(words.size());
    if (in_quotes && !q.empty()) q.remove_prefix(1);
  }
  if (terms.empty()) return fail(field_error("q", "must have a word to look for"));
  if (terms.size() > kTermsMax) {
    return fail(field_error("q", "at most " + std::to_string(kTermsMax) + " words"));
  }
  return terms;
}

}  // namespace fairlead::search
