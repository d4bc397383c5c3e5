#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "core/network.h"
#include "protocol/ephemeral.h"
#include "store/event.h"

namespace fairlead::bus {

// What a commit added to the log, or a part of it: consecutive positions, never empty.
struct Committed {
  std::vector<store::EventPtr> events;
};

// A client with a session of its own has come to the node that says so. Whoever has an older
// connection of that session ends it.
struct SessionMoved {
  std::string session;
  std::int64_t at_us = 0;
};

// The client of an SSE session has given the word of its hello to the node that says so, which does
// not have the session.
struct SessionProof {
  UserId user;
  std::string session;
  std::string word;
};

// What a node has learnt of a network (fallback/ladder), as it puts it on the shelf.
struct NetworkLearnt {
  Network network;
  std::string findings;
};

using Message = std::variant<Committed, Ephemeral, SessionMoved, SessionProof, NetworkLearnt>;

struct Stats {
  std::uint64_t sent = 0;       // messages
  std::uint64_t received = 0;   // from other nodes
  std::uint64_t dropped = 0;    // not sent: Redis away or too slow
  std::uint64_t malformed = 0;  // received, not understood
};

// What nodes tell each other. Hints, all of them: they may get lost, come late, twice or out of
// order. The log is the truth (G8), and whoever misses something of it reads the store.
class Bus {
 public:
  virtual ~Bus() = default;

  // Before start(). Called on the bus's own thread, for what other nodes say; must not block.
  using Listener = std::function<void(Message)>;
  virtual void on_message(Listener listener) = 0;
  virtual void start() = 0;  // does not wait for anybody
  virtual void stop() = 0;   // no call of the listener afterwards

  // To all other nodes. Any thread, does not block.
  virtual void publish(Message message) = 0;

  virtual bool healthy() const = 0;  // false: nodes do not hear each other, and read the store
  virtual Stats stats() const = 0;
};

}  // namespace fairlead::bus
