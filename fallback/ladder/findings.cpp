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

// nlohmann's own conversions would take a fraction or a true for one. The bound is far beyond any
// time, and keeps sums of them from overflowing.
std::int64_t integer(const Json& json) {
  constexpr std::int64_t kMax = std::int64_t{1} << 40;
  const auto number = json.is_number_integer() ? json.get<std::int64_t>() : -1;
  if (number < 0 || number > kMax) throw std::out_of_range("a number is expected");
  return number;
}

}  // namespace

void Findings::proved(TransportKind kind, int padding_kib, std::int64_t now_s) {
  rung(kind) = {now_s, 0, 0};
  if (kind == TransportKind::kSse) padding_kib_ = padding_kib;
  changed(now_s);
}

void Findings::failed(TransportKind kind, std::int64_t now_s) {
  auto& it = rung(kind);
  if (it.failed_s + kKept_s < now_s) it.failures = 0;
  it.failed_s = now_s;
  ++it.failures;
  changed(now_s);
}

void Findings::cut(Millis life, Millis idle, std::int64_t now_s) {
  auto cuts = cuts_;
  cuts.push_back({now_s, life.count(), idle.count()});
  keep(std::move(cuts));
  changed(now_s);
}

// Those that end together (a laptop is shut, a proxy restarted) came together, perhaps: their one
// age says no more than one of them.
void Findings::keep(std::vector<Cut> cuts) {
  std::sort(cuts.begin(), cuts.end());
  cuts_.clear();
  for (const auto& cut : cuts) {
    if (cuts_.empty() || cuts_.back().at_s + kTogether_s <= cut.at_s) cuts_.push_back(cut);
  }
  if (cuts_.size() > kCutsKept) {
    cuts_.erase(cuts_.begin(), cuts_.end() - static_cast<std::ptrdiff_t>(kCutsKept));
  }
}

void Findings::merge(const Findings& other) {
  const auto sse = static_cast<std::size_t>(TransportKind::kSse);
  if (other.rungs_.at(sse).proved_s > rungs_.at(sse).proved_s) padding_kib_ = other.padding_kib_;
  for (std::size_t i = 0; i < rungs_.size(); ++i) {
    rungs_.at(i) = merged(rungs_.at(i), other.rungs_.at(i));
  }
  auto cuts = cuts_;
  cuts.insert(cuts.end(), other.cuts_.begin(), other.cuts_.end());
  keep(std::move(cuts));
  changed(other.changed_s_);
}

Findings::Rung Findings::merged(const Rung& one, const Rung& other) {
  Rung rung{std::max(one.proved_s, other.proved_s), 0, 0};
  for (const auto& each : {one, other}) {
    if (each.failures == 0 || each.failed_s < rung.proved_s) continue;
    // Who has not heard of the last proof counts from an earlier one: at least the last failure
    // came after it.
    const auto failures = each.proved_s == rung.proved_s ? each.failures : 1;
    rung.failed_s = std::max(rung.failed_s, each.failed_s);
    rung.failures = std::max(rung.failures, failures);
  }
  return rung;
}

std::vector<std::int64_t> Findings::times(std::int64_t Cut::*which, std::int64_t now_s) const {
  std::vector<std::int64_t> times;
  for (const auto& cut : cuts_) {
    if (cut.at_s + kKept_s >= now_s) times.push_back(cut.*which);
  }
  return times;
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
  if (const auto idle = recurring(times(&Cut::idle_ms, now_s), kIdleMin_ms)) {
    const auto heartbeat = std::max<std::int64_t>(*idle * 6 / 10'000, limits::kHeartbeatMin_s);
    if (heartbeat < limits::kHeartbeatDefault_s) advice["heartbeat_seconds"] = heartbeat;
  }
  if (const auto life = recurring(times(&Cut::life_ms, now_s), kLifeMin_ms)) {
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
  auto cuts = Json::array();
  for (const auto& it : cuts_) cuts.push_back(Json::array({it.at_s, it.life_ms, it.idle_ms}));
  return protocol::dump(Json{{"rungs", std::move(rungs)},
                             {"padding_kib", padding_kib_},
                             {"cuts", std::move(cuts)},
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
    all.changed_s_ = integer(json->at("changed"));
    const auto& cuts = json->at("cuts");
    if (!cuts.is_array() || cuts.size() > kCutsKept) return std::nullopt;
    std::vector<Cut> some;
    for (const auto& it : cuts)
      some.push_back({integer(it.at(0)), integer(it.at(1)), integer(it.at(2))});
    all.keep(std::move(some));
    return all.is_good() ? std::optional(all) : std::nullopt;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

// Whether no time is later than the last change, by which all of it goes.
bool Findings::is_good() const {
  for (const auto& rung : rungs_) {
    if (std::max(rung.proved_s, rung.failed_s) > changed_s_) return false;
  }
  const bool cuts_are = cuts_.empty() || cuts_.back().at_s <= changed_s_;
  return cuts_are && padding_kib_ * 1024 <= static_cast<std::int64_t>(limits::kPaddingBytesMax);
}

}  // namespace fairlead::ladder
