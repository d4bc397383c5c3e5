#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "hub/transport.h"
#include "protocol/json.h"

namespace fairlead::ladder {

// What the clients behind one network have found out about it, each thing good for 24 hours. They
// may be wrong, or lie: what follows from it is advice, and every transport that is advised works
// wherever HTTP does, or is given up as any other. A value; times are Unix seconds.
class Findings {
 public:
  static constexpr std::int64_t kKept_s = 24 * 3600;
  static constexpr std::size_t kCutsKept = 8;
  static constexpr std::int64_t kTogether_s = 5;  // cuts within so long are one

  void proved(hub::TransportKind kind, int padding_kib, std::int64_t now_s);
  void failed(hub::TransportKind kind, std::int64_t now_s);
  void cut(Millis life, Millis idle, std::int64_t now_s);
  // What another node knows beside it: as if one had seen both.
  void merge(const Findings& other);

  // `transport`: the best one that was proved, if better ones failed or it is the best of all.
  // `heartbeat_seconds`, `max_life_seconds`: below what cuts connections again and again.
  // `padding`: bytes with which SSE was proved, if it failed without.
  protocol::Json advice(std::int64_t now_s) const;

  bool is_stale(std::int64_t now_s) const { return changed_s_ + kKept_s < now_s; }
  std::int64_t changed_s() const { return changed_s_; }

  std::string to_json() const;
  static std::optional<Findings> from_json(std::string_view text);  // nullopt: not ours

 private:
  struct Rung {  // 0: never
    std::int64_t proved_s = 0;
    std::int64_t failed_s = 0;
    std::int64_t failures = 0;  // since it was proved last
  };
  enum class Standing : std::uint8_t { kUnknown, kWorks, kFails };
  struct Cut {
    std::int64_t at_s = 0, life_ms = 0, idle_ms = 0;
    auto operator<=>(const Cut&) const = default;
  };

  static Rung merged(const Rung& one, const Rung& other);
  void keep(std::vector<Cut> cuts);
  void changed(std::int64_t now_s) { changed_s_ = std::max(changed_s_, now_s); }
  bool is_good() const;
  // Of the cuts that are still good.
  std::vector<std::int64_t> times(std::int64_t Cut::*which, std::int64_t now_s) const;
  Standing standing(hub::TransportKind kind, std::int64_t now_s) const;
  Rung& rung(hub::TransportKind kind) { return rungs_.at(static_cast<std::size_t>(kind)); }

  std::array<Rung, 3> rungs_;
  std::int64_t padding_kib_ = 0;  // of the last SSE proof
  std::vector<Cut> cuts_;         // the newest last
  std::int64_t changed_s_ = 0;    // no time is later
};

}  // namespace fairlead::ladder
