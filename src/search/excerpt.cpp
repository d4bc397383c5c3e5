#include "search/excerpt.h"

#include <algorithm>

#include "store/search_index.h"

namespace fairlead::search {
namespace {

constexpr char kBegin = store::SearchIndex::kMarkBegin, kEnd = store::SearchIndex::kMarkEnd;
constexpr std::size_t kCharsBefore = 40;  // the first mark
constexpr std::string_view kCut = "…";

bool begins_char(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

bool is_mark(char c) {
  return c == kBegin || c == kEnd;
}

std::size_t chars_in(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return begins_char(c) && !is_mark(c); }));
}

}  // namespace

Excerpt excerpt_of(std::string_view marked) {
  const auto before = chars_in(marked.substr(0, marked.find(kBegin)));
  const auto first = before > kCharsBefore ? before - kCharsBefore : 0;
  Excerpt out;
  std::size_t seen = 0, written = 0;  // characters
  bool is_open = false;
  if (first > 0) {
    out.text = kCut;
    written = 1;
  }
  for (const char c : marked) {
    if (c == kBegin) {
      if (seen >= first) out.marks.push_back({written, 0});
      is_open = seen >= first;
    } else if (c == kEnd) {
      is_open = false;
    } else {
      if (begins_char(c)) {
        if (seen++ >= first) {
          if (written >= kExcerptChars) {
            out.text += kCut;
            break;
          }
          ++written;
          if (is_open) ++out.marks.back().length;
        }
      }
      if (seen > first) out.text += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
    }
  }
  std::erase_if(out.marks, [](const auto& mark) { return mark.length == 0; });
  return out;
}

double fit_of(std::string_view marked) {
  constexpr double kSaturation = 1.2, kLengthWeight = 0.75, kUsualWords = 12;
  const auto found = static_cast<double>(std::ranges::count(marked, kBegin));
  const auto words = 1 + static_cast<double>(std::ranges::count(marked, ' '));
  const auto length = 1 - kLengthWeight + kLengthWeight * words / kUsualWords;
  return found / (found + kSaturation * length);
}

std::string unmarked(std::string_view marked) {
  std::string text(marked);
  std::erase_if(text, is_mark);
  return text;
}

}  // namespace fairlead::search
