#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"

namespace fairlead::presence {

enum class Status : std::uint8_t { kOnline, kAway, kOffline, kUnknown };
std::string_view to_wire(Status status);

// How others see a user.
struct Standing {
  Status status = Status::kUnknown;
  std::int64_t last_seen_at_ms = 0;  // 0: never seen
};

struct State : Standing {
  std::vector<std::string> transports;  // of the user's sessions on all nodes: sorted, each once
};

// How many of some users are here.
struct Headcount {
  std::size_t online = 0;
  std::size_t away = 0;
  std::size_t all = 0;  // those too who are not
};

// Users whose standing has changed. By user, each once; flat, because a storm changes thousands.
struct Change {
  UserId user;
  Standing now;
};
using Changes = std::vector<Change>;

// Who is here, over all nodes (G7). Sessions are announced when they open and close; the first one
// of a user makes them online, and they go offline when none has been open anywhere for the leave
// grace (15 s). An idle session costs nothing. Every method: any thread, does not block.
class Map {
 public:
  virtual ~Map() = default;

  // Before start(). Called on the map's own thread, at most once in Gather::kEvery; must not block.
  // Never for a move between transports, sessions or nodes. With no changes when there were none
  // for Gather::kQuiet.
  using Listener = std::function<void(Changes)>;
  virtual void on_change(Listener listener) = 0;
  virtual void start() = 0;
  virtual void
  stop() = 0;  // announces nothing; the node's sessions are taken out of the shared map

  // `session` under `transport` ("websocket", "sse", "poll"); again with another transport when it
  // moves.
  virtual void open(UserId user, std::string_view session, std::string_view transport) = 0;
  virtual void close(UserId user, std::string_view session) = 0;

  // A user who is here says that they are away, or back; forgotten when they go offline. Nothing
  // for who is not here.
  virtual void set_away(UserId user, bool away) = 0;

  // `done` on the map's own thread (or the caller's): one state a user. All kUnknown when the
  // shared map cannot be reached (G8): never a guess.
  using Answer = std::function<void(std::map<UserId, State>)>;
  virtual void query(std::vector<UserId> users, Answer done) = 0;

  // As query(), for who wants to know only how many; nullopt instead of kUnknown.
  using Counted = std::function<void(std::optional<Headcount>)>;
  virtual void count(std::vector<UserId> users, Counted done);

  virtual bool healthy() const = 0;  // false: shared map unreachable (readyz says `degraded`)
  virtual std::string_view kind() const = 0;  // "memory", "redis"
};

}  // namespace fairlead::presence
