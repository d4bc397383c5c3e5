#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/clock.h"
#include "core/network.h"
#include "hub/transport.h"
#include "protocol/json.h"

namespace fairlead::hub {

// Why a transport did not work.
enum class Cause : std::uint8_t {
  kSilent,    // the client is heard, but has not shown that it hears us
  kOneWay,    // nothing comes from the client
  kBuffered,  // events are held back on their way
  kRefused,   // the client says: the handshake was refused
  kCut,       // the client says: ended again and again
  kOther,     // the client says: something else
};
inline constexpr std::size_t kCauses = 6, kTransports = 3;
std::string_view to_wire(Cause cause);
Cause cause_of(std::string_view wire);  // what is not known is kOther

// How often what happened, since the start.
struct NetworkStats {
  using PerTransport = std::array<std::array<std::uint64_t, kCauses>, kTransports>;
  static constexpr std::array<std::int64_t, 9> kBounds_us{
      5'000'000,   10'000'000,  20'000'000,    30'000'000,   60'000'000,
      120'000'000, 300'000'000, 1'800'000'000, 7'200'000'000};
  struct Times {  // of connections that were cut: how many below each bound, and all of them
    std::array<std::uint64_t, kBounds_us.size() + 1> counts{};
    std::uint64_t total_us = 0;
    void add(Millis time);
  };
  PerTransport unproven{};   // ended because no round trip was shown
  PerTransport fallbacks{};  // what clients say that they gave up on
  Times lives, idles;
  std::uint64_t networks = 0;  // of which something is known
};

// What clients find out about the networks that they come from, and what the next one is told.
// Implemented by fallback/ladder. Any thread; no method blocks.
class Networks {
 public:
  virtual ~Networks() = default;

  // hello's `advice`: an object, empty when nothing is known that a client could not assume.
  virtual protocol::Json advice(Network network) const = 0;
  // A round trip was shown. `padding_kib`: with so much in front of the first event.
  virtual void proved(Network network, TransportKind kind, int padding_kib) = 0;
  // None was shown in time.
  virtual void unproven(Network network, TransportKind kind, Cause cause) = 0;
  // A client has come over another transport and says why.
  virtual void fell_back(Network network, TransportKind from, Cause cause) = 0;
  // A connection ended without a word, so old, and so long after the last event.
  virtual void cut(Network network, TransportKind kind, Millis life, Millis idle) = 0;
};

}  // namespace fairlead::hub
