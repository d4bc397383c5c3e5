#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fairlead::hub {

enum class TransportKind : std::uint8_t { kWebSocket, kSse, kPoll };

inline std::string_view to_wire(TransportKind kind) {
  switch (kind) {
    case TransportKind::kWebSocket:
      return "websocket";
    case TransportKind::kSse:
      return "sse";
    case TransportKind::kPoll:
      return "poll";
  }
  return "";
}

// How an event looks on the wire. What sessions of one form are given is written once for all of
// them.
enum class WireForm : std::uint8_t { kWebSocket, kWebSocketDeflated, kWebSocketCbor, kSse, kPoll };
inline constexpr std::size_t kWireForms = 5;

inline WireForm plain_form(TransportKind kind) {
  switch (kind) {
    case TransportKind::kWebSocket:
      return WireForm::kWebSocket;
    case TransportKind::kSse:
      return WireForm::kSse;
    case TransportKind::kPoll:
      return WireForm::kPoll;
  }
  return WireForm::kWebSocket;
}

// Why a session ends, as `bye` and the close code say it. One table: hub/ending.cpp.
enum class EndReason : std::uint8_t {
  kGoingAway,    // 1001
  kRestart,      // 1012: come back, resume
  kAuthEnded,    // 4001: logged out or expired
  kForbidden,    // 4003
  kSlow,         // 4008: has read nothing for 60 s
  kTakenOver,    // 4009: the session goes on elsewhere
  kUnproven,     // 4010
  kRateLimited,  // 4029
  kMaxLife,      // 1001: the stream was asked to end itself
  kOnce,         // 1001: once=1, the batch has been sent
  kInternal,     // 1011
};

struct Ending {
  EndReason reason;
  std::int64_t reconnect_in_ms = 0;
};

struct EndTraits {
  std::uint16_t close_code;
  std::string_view code;    // bye's `code`
  std::string_view reason;  // bye's `reason`, words for people
  bool resume;              // bye's `resume`: whether to come back with the cursor
};
const EndTraits& traits(EndReason reason);

// How the bytes of one session leave: the only thing in which WebSocket, SSE and long poll differ.
// A transport belongs to one connection and lives on the shard's thread; the shard calls it, and it
// calls the shard back (Shard::writable, Shard::gone). It must not call back from within these
// methods.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual TransportKind kind() const = 0;
  // Always the same, as kind() is.
  virtual WireForm form() const { return plain_form(kind()); }

  enum class Flush : std::uint8_t {
    kDone,      // took everything
    kWaits,     // poll only: took nothing, for a few milliseconds more may come; then
                // Shard::answered()
    kBlocked,   // took what it could; Shard::writable() follows when there is room
    kBroken,    // the connection is dead; Shard::gone() follows
    kAnswered,  // poll only: the answer is on its way, the session parks; the transport is on its
                // own
  };
  // What a session has for its client: whole frames of this transport's kind, the first perhaps
  // begun.
  struct Pending {
    std::string_view frames;
    bool news = false;  // there is or was something else than hello and probe
  };
  // Writes from the front what the connection accepts now, in one system call if possible, and adds
  // to `taken` how many bytes that was.
  virtual Flush write(const Pending& pending, std::size_t& taken) = 0;
  // Asked now and then while blocked: whether the client has read anything since it was asked last.
  // The kernel asks for more only when a good part of its buffer is free, which at a phone's pace
  // takes minutes.
  virtual bool has_read() { return false; }
  // Whether anything has come from the client since the connection was made.
  virtual bool has_spoken() const { return false; }
  // Whether a proxy on this host has yet to take in what was written to it last.
  virtual bool proxy_is_behind() const { return false; }

  // With each heartbeat: RFC 6455 ping; nothing for the others.
  virtual void ping() {}
  // The session is over. `unsent` is what was still pending; `bye` (framed, may be empty) is the
  // last thing the client gets; then the connection is closed in its transport's way. The shard
  // forgets the transport before this returns; it finishes and destroys itself within a few seconds
  // even if the client does not read.
  virtual void end(const Ending& ending, std::string_view unsent, std::string_view bye) = 0;
};

}  // namespace fairlead::hub
