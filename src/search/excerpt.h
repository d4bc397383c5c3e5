#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::search {

// The part of a text that shows what was found in it. Offsets in characters (code points), not
// bytes.
struct Excerpt {
  struct Mark {
    std::size_t begin = 0;
    std::size_t length = 0;
  };
  std::string text;         // of one line; `…` where it was cut
  std::vector<Mark> marks;  // in `text`
};

inline constexpr std::size_t kExcerptChars = 160;

// `marked`: as store::SearchIndex::Hit has it. Pure.
Excerpt excerpt_of(std::string_view marked);

// How well the text fits, more is better: how much of it is what was looked for. After BM25
// (Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework"), without the rarity of
// words, since all of them must be there. Pure.
double fit_of(std::string_view marked);

// `marked` without its marks.
std::string unmarked(std::string_view marked);

}  // namespace fairlead::search
