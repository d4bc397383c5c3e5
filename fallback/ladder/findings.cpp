#include "fallback/ladder/findings.h"

#include <algorithm>
#include <utility>

#include "core/limits.h"

namespace fairlead::ladder {
namespace {

using hub::TransportKind;
using protocol::Json;

constexpr std::array<TransportKind, 3> kFromTheTop{TransportKind::kWebSocket, TransportKind::kSse,
                                                   TransportKind::kPoll};
// A client may fall asleep anywhere; what has worked here fails twice before it is doubted.
constexpr std::int64_t kFailuresToDoubt = 2;
// People leave at all ages; what cuts connections does so at one.
constexpr std::size_t kCutsAlike = 4;
constexpr std::int64_t kLifeMin_ms = 10'000, kIdleMin_ms = 6'000;
constexpr std::int64_t kAlike_ms = 1000;

// The least of `kCutsAlike` that lie close together; nullopt: there are none.
std::optional<std::int64_t> recurring(std::vector<std::int64_t> times, std::int64_t least) {
  std::erase_if(times, [least](auto time) { return time < least; });
  std::sort(times.begin(), times.end());
  for (std::size_t i = 0; i + kCutsAlike <= times.size(); ++i) {
    const auto spread = times[i + kCutsAlike - 1] - times[i];
    if (spread <= std::max(kAlike_ms, times[i] / 50)) return times[i];
  }
  return std::nullopt;
}

void keep(std::vector<std::int64_t>& times, Millis time) {
  if (times.size() == Findings::kCutsKept) times.erase(times.begin());
  times.push_back(time.count());
}

// nlohmann's own conversions would take a fraction or a true for one. The bound is far beyond any
// time, and keeps sums of them from overflowing.
std::int64_t integer(const Json& json) {
  constexpr std::int64_t kMax = std::int64_t{1} << 40;
  const auto number = json.is_number_integer() ? json.get<std::int64_t>() : -1;
  if (number < 0 || number > kMax) throw std::out_of_range("a number is expected");
  return number;
}

std::vector<std::int64_t> integers(const Json& json) {
  if (!json.is_array()) throw std::out_of_range("a list is expected");
  std::vector<std::int64_t> all;
  for (const auto& each : json) all.push_back(integer(each));
  if (all.size() > Findings::kCutsKept) throw std::out_of_range("too many");
  return all;
}

}  // namespace

void Findings::proved(TransportKind kind, int padding_kib, std::int64_t now_s) {
  rung(kind) = {now_s, 0, 0};
  if (kind == TransportKind::kSse) padding_kib_ = padding_kib;
  changed_s_ = now_s;
}

void Findings::failed(TransportKind kind, std::int64_t now_s) {
  auto& it = rung(kind);
  if (it.failed_s + kKept_s < now_s) it.failures = 0;
  it.failed_s = now_s;
  ++it.failures;
  changed_s_ = now_s;
}

void Findings::cut(Millis life, Millis idle, std::int64_t now_s) {
  keep(lives_, life);
  keep(idles_, idle);
  changed_s_ = now_s;
}

void Findings::merge(const Findings& other) {
  for (std::size_t i = 0; i < rungs_.size(); ++i) {
    auto &mine = rungs_.at(i), theirs = other.rungs_.at(i);
    const auto newest = [](const Rung& rung) { return std::max(rung.proved_s, rung.failed_s); };
    if (newest(theirs) > newest(mine)) mine = theirs;
  }
  if (other.changed_s_ >= changed_s_) {
    padding_kib_ = other.padding_kib_;
    lives_ = other.lives_;
    idles_ = other.idles_;
    changed_s_ = other.changed_s_;
  }
}

Findings::Standing Findings::standing(TransportKind kind, std::int64_t now_s) const {
  const auto& it = rungs_.at(static_cast<std::size_t>(kind));
  const bool has_worked = it.proved_s > 0 && it.proved_s + kKept_s >= now_s;
  const bool has_failed = it.failed_s > 0 && it.failed_s + kKept_s >= now_s;
  if (has_failed && it.failures >= (has_worked ? kFailuresToDoubt : 1)) return Standing::kFails;
  return has_worked ? Standing::kWorks : Standing::kUnknown;
}

Json Findings::advice(std::int64_t now_s) const {
  auto advice = Json::object();
  if (is_stale(now_s)) return advice;
  for (const auto kind : kFromTheTop) {
    const auto standing = this->standing(kind, now_s);
    if (standing == Standing::kFails && kind != TransportKind::kPoll) continue;
    // Below all that failed there is always the poll.
    if (standing == Standing::kWorks || kind == TransportKind::kPoll) {
      advice["transport"] = hub::to_wire(kind);
    }
    break;
  }
  if (const auto idle = recurring(idles_, kIdleMin_ms)) {
    const auto heartbeat = std::max<std::int64_t>(*idle * 6 / 10'000, limits::kHeartbeatMin_s);
    if (heartbeat < limits::kHeartbeatDefault_s) advice["heartbeat_seconds"] = heartbeat;
  }
  if (const auto life = recurring(lives_, kLifeMin_ms)) {
    advice["max_life_seconds"] = *life * 8 / 10'000;
  }
  if (padding_kib_ > 0 && standing(TransportKind::kSse, now_s) == Standing::kWorks) {
    advice["padding"] = padding_kib_ * 1024;
  }
  return advice;
}

std::string Findings::to_json() const {
  auto rungs = Json::array();
  for (const auto& it : rungs_) {
    rungs.push_back(Json::array({it.proved_s, it.failed_s, it.failures}));
  }
  return protocol::dump(Json{{"rungs", std::move(rungs)},
                             {"padding_kib", padding_kib_},
                             {"lives", lives_},
                             {"idles", idles_},
                             {"changed", changed_s_}});
}

std::optional<Findings> Findings::from_json(std::string_view text) {
  const auto json = protocol::parse_object(text);
  if (!json) return std::nullopt;
  try {
    Findings all;
    for (std::size_t i = 0; i < all.rungs_.size(); ++i) {
      const auto& rung = json->at("rungs").at(i);
      all.rungs_.at(i) = {integer(rung.at(0)), integer(rung.at(1)), integer(rung.at(2))};
    }
    all.padding_kib_ = integer(json->at("padding_kib"));
    all.lives_ = integers(json->at("lives"));
    all.idles_ = integers(json->at("idles"));
    all.changed_s_ = integer(json->at("changed"));
    if (all.padding_kib_ * 1024 > static_cast<std::int64_t>(limits::kPaddingBytesMax)) {
      return std::nullopt;
    }
    return all;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace fairlead::ladder
