#include "fallback/ladder/ladder.h"

#include <algorithm>
#include <optional>

namespace fairlead::ladder {
namespace {

constexpr std::int64_t kToldAgain_s = 3600;
constexpr int kToldInMinuteMax = 10;
constexpr std::size_t kLookedAt = 64;
constexpr std::int64_t kClocksDiffer_s = 3600;  // what is of a later time would never go

template <typename Enum>
std::size_t index(Enum value) {
  return static_cast<std::size_t>(value);
}

}  // namespace

Ladder::Ladder(const Clock& clock, std::size_t networks_max)
    : clock_(clock), networks_max_(std::max<std::size_t>(networks_max, 1)) {}

protocol::Json Ladder::advice(Network network) const {
  std::lock_guard lock(mutex_);
  const auto it = networks_.find(network);
  return it == networks_.end() ? protocol::Json::object() : it->second.findings.advice(now_s());
}

void Ladder::proved(Network network, hub::TransportKind kind, int padding_kib) {
  note(network, [=](auto& findings, auto now_s) { findings.proved(kind, padding_kib, now_s); });
}

void Ladder::unproven(Network network, hub::TransportKind kind, hub::Cause cause) {
  {
    std::lock_guard lock(mutex_);
    ++stats_.unproven.at(index(kind)).at(index(cause));
  }
  note(network, [=](auto& findings, auto now_s) { findings.failed(kind, now_s); });
}

void Ladder::fell_back(Network network, hub::TransportKind from, hub::Cause cause) {
  {
    std::lock_guard lock(mutex_);
    ++stats_.fallbacks.at(index(from)).at(index(cause));
  }
  note(network, [=](auto& findings, auto now_s) { findings.failed(from, now_s); });
}

void Ladder::cut(Network network, hub::TransportKind, Millis life, Millis idle) {
  {
    std::lock_guard lock(mutex_);
    stats_.lives.add(life);
    stats_.idles.add(idle);
  }
  note(network, [=](auto& findings, auto now_s) { findings.cut(life, idle, now_s); });
}

bool Ladder::take(Network network, std::string_view text) {
  const auto findings = Findings::from_json(text);
  if (!findings) return false;
  const auto now_s = this->now_s();
  if (findings->is_stale(now_s) || findings->changed_s() > now_s + kClocksDiffer_s) return false;
  std::lock_guard lock(mutex_);
  known(network).findings.merge(*findings);
  return true;
}

hub::NetworkStats Ladder::stats() const {
  std::lock_guard lock(mutex_);
  auto stats = stats_;
  stats.networks = networks_.size();
  return stats;
}

Ladder::Known& Ladder::known(Network network) {
  if (const auto it = networks_.find(network); it != networks_.end()) return it->second;
  forget_some();
  return networks_[network];
}

// Looks at a few, other ones each time: what is stale goes, and the oldest of the rest if there is
// no room.
void Ladder::forget_some() {
  const auto now_s = this->now_s();
  auto oldest = networks_.end();
  for (auto left = std::min(kLookedAt, networks_.size()); left > 0; --left) {
    auto it = networks_.upper_bound(looked_at_);
    if (it == networks_.end()) it = networks_.begin();
    looked_at_ = it->first;
    const auto& findings = it->second.findings;
    if (findings.is_stale(now_s)) {
      networks_.erase(it);
    } else if (oldest == networks_.end() ||
               findings.changed_s() < oldest->second.findings.changed_s()) {
      oldest = it;
    }
  }
  if (networks_.size() >= networks_max_) networks_.erase(oldest);
}

bool Ladder::is_to_be_told(Known& known, bool is_news, std::int64_t now_s) {
  known.is_owed |= is_news;
  if (known.minute_began_s + 60 <= now_s) {
    known.minute_began_s = now_s;
    known.told_in_minute = 0;
  }
  const bool may = known.told_in_minute < kToldInMinuteMax;
  if (!(known.is_owed && may) && known.told_s + kToldAgain_s > now_s) return false;
  known.told_s = now_s;
  known.is_owed = false;
  ++known.told_in_minute;
  return true;
}

void Ladder::note(Network network, const std::function<void(Findings&, std::int64_t now_s)>& what) {
  std::optional<std::string> to_tell;
  {
    std::lock_guard lock(mutex_);
    const auto now_s = this->now_s();
    auto& known = this->known(network);
    const auto before = known.findings.advice(now_s);
    what(known.findings, now_s);
    const bool is_news = known.findings.advice(now_s) != before;
    if (is_to_be_told(known, is_news, now_s)) to_tell = known.findings.to_json();
  }
  if (to_tell && changed_) changed_(network, *to_tell);
}

}  // namespace fairlead::ladder
