#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>

#include "core/limits.h"

namespace fairlead::nginx {

// Every number of the configuration: those that follow from the server's limits, with the reason,
// and those that an operator chooses. Change a limit in core/limits.h, and nginx follows. A plain
// value; the defaults are those of a server and an nginx that nobody has configured.
struct Numbers {
  using Seconds = std::chrono::seconds;

  // What a way may add to a silence before it is called dead: two lost segments and a busy machine.
  static constexpr Seconds kPatience{20};

  // A healthy stream or held poll is never silent for longer than this.
  static constexpr Seconds longest_silence{
      std::max({limits::kHeartbeatMax_s, limits::kPollTimeoutMax_s})};
  Seconds silence = longest_silence + kPatience;
  // The server ends a client that reads nothing, with a word (4008); nginx would without one.
  Seconds unread = limits::kSlowClientTimeout + Seconds(15);
  // Below the server's own: nginx never writes to a connection that is being closed.
  Seconds upstream_idle = limits::kKeepAliveTimeout - Seconds(15);
  Seconds client_idle = limits::kKeepAliveTimeout;
  Seconds head = limits::kHeadTimeout;
  Seconds body = limits::kBodyTimeout;
  // REST answers are never held: the slowest is a login behind a full queue of password hashes
  // (limits::kBlockingQueueMax).
  Seconds answer{30};
  Seconds connect{5};

  std::size_t body_bytes = limits::kRequestBodyBytesMax;
  std::size_t head_bytes = limits::kHeadBytesMax;

  // How long the server takes to send its clients away when it stops, and how long nginx's old
  // workers keep streams after a reload: never less than that, else a reload would cut a drain.
  Seconds drain{10};
  Seconds shutdown{3600};
  Seconds shortest_shutdown() const { return drain + kPatience; }

  // What the kernel of nginx's host should be told (net.ipv4.tcp_retries2,
  // deploy/sysctl-fairlead.conf): how often unacknowledged data is sent again before the client is
  // given up. n times take 0.2 s × (2^(n+1) − 1) on a quick way, longer on a slow one. With the
  // heartbeat that has to be sent first, a client that vanished is given up within two heartbeats
  // and ten seconds.
  static constexpr int retransmissions() {
    constexpr int kBudgetMs = 1000 * limits::kHeartbeatDefault_s + 10'000;
    int n = 1;
    while (200 * ((2 << (n + 1)) - 1) <= kBudgetMs) ++n;
    return n;
  }

  std::size_t connections = 16'384;         // of one worker
  std::size_t descriptors = 2 * 16'384;     // the client's and the server's
  std::string stream_buffer = "2k";         // in nginx's words
  std::string websocket_buffer = "1408";    // two of them for a WebSocket
  std::size_t streams_per_client = 10'000;  // refused here before the server has to
  int logins_per_s = 50;                    // sign-ups and logins from one address
};

}  // namespace fairlead::nginx
