// What somebody typed into the search box: a query that SQLite takes, whatever it is, which finds
// what it is made of; and the excerpt of what was found. The first line is the query, the rest a
// message.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "search/excerpt.h"
#include "search/query.h"
#include "store/sqlite/sqlite_search_index.h"

namespace {

using namespace fairlead;

constexpr RoomId kRoom(1);

// An index of a few messages; each input changes the last of them.
class Index {
 public:
  Index() : index_(store::open_sqlite_search_index(path(), "fuzz", LogPosition(0))) {}

  store::SearchIndex::Hits find(const std::string& text,
                                const std::vector<store::SearchIndex::Term>& terms) {
    const auto from = index_->state().position;
    const LogPosition to(from.value() + 1);
    if (!index_->apply({from, to, {{MessageId(1), kRoom, text}}, {}, {}})) std::abort();
    return index_->find(terms, {kRoom}, 10, [] { return false; });
  }

 private:
  static std::string path() { return "/tmp/fairlead-fuzz-" + std::to_string(getpid()) + ".db"; }
  std::unique_ptr<store::SearchIndex> index_;
};

void look_at(const store::SearchIndex::Hit& hit) {
  const auto excerpt = search::excerpt_of(hit.marked);
  for (const auto& mark : excerpt.marks) {
    if (mark.length == 0 || mark.begin + mark.length > excerpt.text.size()) std::abort();
  }
  (void)search::fit_of(hit.marked);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Index index;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const auto query = all.substr(0, all.find('\n'));
  const std::string text(all.substr(std::min(query.size() + 1, all.size())));
  // Marks come from the index alone, but a message may hold their bytes.
  look_at({MessageId(1), kRoom, text});
  const auto terms = search::parse_query(query);
  if (!terms) return 0;
  if (terms->empty() || terms->size() > search::kTermsMax) std::abort();
  for (const auto& hit : index.find(text, *terms).newest_first) look_at(hit);
  return 0;
}
