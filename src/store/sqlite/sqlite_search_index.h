#pragma once

#include <memory>
#include <string>

#include "store/search_index.h"

namespace fairlead::store {

// In a file of its own beside the store's, by SQLite's full-text search (sqlite.org/fts5.html):
// words are compared without case and diacritics. Creates the file (mode 0600); one of another
// version or of another log (`epoch`), and one that is broken, is made anew. Throws StoreFailure.
std::unique_ptr<SearchIndex> open_sqlite_search_index(const std::string& path,
                                                      const std::string& epoch, LogPosition head);

}  // namespace fairlead::store
