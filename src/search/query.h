#pragma once

#include <string_view>
#include <vector>

#include "core/result.h"
#include "store/search_index.h"

namespace fairlead::search {

inline constexpr std::size_t kQueryCharsMax = 200;
inline constexpr std::size_t kTermsMax = 16;

// What somebody typed into a search box: words, of which all must be found; "words in quotes" next
// to each other; the last word may be the beginning of one, as long as nothing follows it. Pure;
// any input. Errors: invalid_fields (`q`): nothing to look for, too long, too many words.
Result<std::vector<store::SearchIndex::Term>> parse_query(std::string_view q);

}  // namespace fairlead::search
