#pragma once

#include "store/search_index.h"
#include "store/store.h"

namespace fairlead::search {

// Takes a search index to where the log is. Blocks on disk; one thread at a time.
class Indexer {
 public:
  Indexer(store::Store::Reader& log, store::SearchIndex& index) : log_(log), index_(index) {}

  // A bounded part of the way. False: there is nothing left to do, as of now. Another process that
  // does the same is no trouble: each part is done once. Throws store::StoreFailure.
  bool step();

 private:
  store::Store::Reader& log_;
  store::SearchIndex& index_;
  // Where the log says nothing that the index wants to know, so that it was not told.
  struct Silence {
    LogPosition from, to;
  };
  Silence silence_;
};

}  // namespace fairlead::search
