#include <algorithm>
#include <limits>
#include <queue>

#include "store/sqlite/reads.h"
#include "store/sqlite/rows.h"

// A page of what one user sees. The log may hold millions of events and the user a thousand rooms,
// so it is neither scanned nor is every room read to the page's length: first the positions, merged
// over the user's ranges by the index (stream, id), then the bodies of those that are on the page.
namespace fairlead::store::sqlite {
namespace {

constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kReadAheadMax = 512;  // positions of one range read in one go

// Positions of one stream that the user sees, both ends included.
struct Range {
  std::int64_t stream;
  std::int64_t from;
  std::int64_t to;
};

// What Membership::sees says, as ranges, cut to positions above `after`; sorted by stream,
// disjoint.
std::vector<Range> visible_ranges(Connection& db, UserId user, std::int64_t after) {
  std::vector<Range> ranges{{-user.value(), after + 1, kForever}};
  {
    auto rows = db.query("SELECT room, since FROM members WHERE user = ? ORDER BY room", user);
    while (rows.next())
      ranges.push_back({rows.integer(0), std::max(rows.integer(1), after + 1), kForever});
  }
  const auto by_stream = [](const Range& a, const Range& b) {
    return a.stream != b.stream ? a.stream < b.stream : a.from < b.from;
  };
  const auto present_end = ranges.size();
  auto rows = db.query(
      "SELECT room, since, until FROM past_members WHERE user = ? AND until > ? ORDER BY until",
      user, after);
  while (rows.next()) {
    const auto room = rows.integer(0);
    const auto until = rows.integer(2);
    const auto begin = ranges.begin() + 1;
    const auto end = ranges.begin() + static_cast<std::ptrdiff_t>(present_end);
    const auto present = std::lower_bound(
        begin, end, room, [](const Range& r, std::int64_t id) { return r.stream < id; });
    const bool member_now = present != end && present->stream == room;
    // Who is out sees only how it ended.
    ranges.push_back({room, member_now ? std::max(rows.integer(1), after + 1) : until, until});
  }
  if (ranges.size() > present_end) std::sort(ranges.begin(), ranges.end(), by_stream);
  return ranges;
}

// A range on its way through the merge: the next few positions, read ahead.
struct Source {
  Range left;  // what has not been read
  std::vector<std::int64_t> ahead;
  std::size_t used = 0;
  std::size_t read_ahead;

  bool refill(Connection& db) {
    ahead.clear();
    used = 0;
    if (left.from > left.to) return false;
    auto rows = db.query(
        "SELECT id FROM events WHERE stream = ? AND id BETWEEN ? AND ? ORDER BY id LIMIT ?",
        left.stream, left.from, left.to, read_ahead);
    while (rows.next()) ahead.push_back(rows.integer(0));
    // A short answer was the end.
    left.from = ahead.size() < read_ahead ? kForever : ahead.back() + 1;
    if (left.from == kForever) left.to = 0;
    read_ahead = std::min<std::size_t>(2 * read_ahead, kReadAheadMax);
    return !ahead.empty();
  }
};

// The first `max` visible positions, in log order.
std::vector<std::int64_t> merge(Connection& db, const std::vector<Range>& ranges, std::size_t max) {
  std::vector<Source> sources;
  sources.reserve(ranges.size());
  using Next = std::pair<std::int64_t, std::size_t>;  // position, source
  std::vector<Next> first;
  first.reserve(ranges.size());
  const std::size_t read_ahead = std::max<std::size_t>(1, 2 * max / ranges.size());
  for (const auto& range : ranges) {
    Source source{range, {}, 0, std::min(read_ahead, kReadAheadMax)};
    if (!source.refill(db)) continue;
    first.emplace_back(source.ahead.front(), sources.size());
    sources.push_back(std::move(source));
  }
  std::priority_queue<Next, std::vector<Next>, std::greater<>> next(std::greater<>{},
                                                                    std::move(first));
  std::vector<std::int64_t> positions;
  while (!next.empty() && positions.size() < max) {
    const auto [position, at] = next.top();
    next.pop();
    positions.push_back(position);
    Source& source = sources[at];
    if (++source.used < source.ahead.size() || source.refill(db))
      next.emplace(source.ahead[source.used], at);
  }
  return positions;
}

// The same for a short stretch of the log: looks at every event in it.
std::vector<std::int64_t> scan(Connection& db, const std::vector<Range>& ranges, std::int64_t after,
                               std::size_t max) {
  std::vector<std::int64_t> positions;
  auto rows = db.query("SELECT id, stream FROM events WHERE id > ? ORDER BY id", after);
  while (positions.size() < max && rows.next()) {
    const auto position = rows.integer(0);
    const auto stream = rows.integer(1);
    // The last range of the stream that begins at or before the position.
    const auto later =
        std::upper_bound(ranges.begin(), ranges.end(), Range{stream, position, 0},
                         [](const Range& a, const Range& b) {
                           return a.stream != b.stream ? a.stream < b.stream : a.from < b.from;
                         });
    if (later == ranges.begin()) continue;
    const auto& range = *(later - 1);
    if (range.stream == stream && position <= range.to) positions.push_back(position);
  }
  return positions;
}

}  // namespace

Page Reads::page(UserId user, LogPosition after, PageLimits limits) {
  Page page;
  page.head = head();
  page.position = page.head;
  if (after >= page.head) return page;
  const auto ranges = visible_ranges(db_, user, after.value());
  const auto events_max = std::max<std::size_t>(1, limits.events);
  // A step of the scan costs less than a look-up in the index, so this is also the cheaper way for
  // a user of many rooms who was away for a moment.
  const auto gap = static_cast<std::size_t>(page.head.value() - after.value());
  const auto positions = gap <= ranges.size() ? scan(db_, ranges, after.value(), events_max + 1)
                                              : merge(db_, ranges, events_max + 1);
  std::size_t bytes = 0;
  for (const auto position : positions) {
    auto rows = db_.query("SELECT" FAIRLEAD_EVENT_COLUMNS "FROM events WHERE id = ?", position);
    if (!rows.next()) continue;
    bytes += rows.size(6);
    const bool full = page.events.size() == events_max || bytes > limits.bytes;
    if (!page.events.empty() && full) {
      page.position = page.events.back()->position;
      break;
    }
    page.events.push_back(event_of(rows, epoch_));
  }
  return page;
}

}  // namespace fairlead::store::sqlite
