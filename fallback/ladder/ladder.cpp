#include "fallback/ladder/ladder.h"

#include <algorithm>
#include <optional>

namespace fairlead::ladder {
namespace {

constexpr std::int64_t kToldAgain_s = 3600;
constexpr std::size_t kLookedAt = 64;

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
  std::lock_guard lock(mutex_);
  if (!findings->is_stale(now_s())) known(network).findings.merge(*findings);
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
  if (networks_.size() >= networks_max_) {
    auto victim = networks_.begin();
    auto it = victim;
    for (std::size_t n = 0; n < kLookedAt && it != networks_.end(); ++n, ++it) {
      const auto changed = [](const auto& each) { return each->second.findings.changed_s(); };
      if (changed(it) < changed(victim)) victim = it;
    }
    networks_.erase(victim);
  }
  return networks_[network];
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
    if (is_news || known.told_s + kToldAgain_s <= now_s) {
      known.told_s = now_s;
      to_tell = known.findings.to_json();
    }
  }
  if (to_tell && changed_) changed_(network, *to_tell);
}

}  // namespace fairlead::ladder
