// What session_load knows: its sessions, their groups, the streams of messages and who publishes them. One thread.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "load_common.h"

namespace load {

constexpr std::size_t kInFlight = 8;    // sends on one publishing connection
constexpr std::size_t kPublishers = 4;  // a stream keeps to one, so that its messages stay in order
constexpr int kReconnectsMax = 5;       // in a row
constexpr std::size_t kMessageChars = 200;
constexpr std::string_view kMark = "F1|";  // F1|stream|number|nanoseconds|xxx… in the message's text
constexpr std::int64_t kUnknown = -1;

struct Stream {
  std::string room, token;
  std::int64_t sent = 0, acknowledged = 0;
};

struct Group {
  Histogram latency, opening;
  std::vector<std::size_t> sessions;
  std::int64_t opening_now = 0;  // not live yet
  std::int64_t delivered = 0, gaps = 0, repeated = 0, closed = 0, refused = 0;
};

struct Place {  // of a session in a stream
  std::size_t stream;
  std::int64_t next = kUnknown;  // the number expected next
  std::int64_t goal = 0;         // live from here on
};

enum class Kind : std::uint8_t { kWebSocket, kSse, kPoll };

struct Session {
  Group* group = nullptr;
  Kind kind = Kind::kWebSocket;
  std::vector<Place> places;
  std::string token, target, cursor, id;
  std::string in, body;
  Dechunk dechunk;
  int fd = -1;
  int reconnects = 0;
  std::int64_t opened_at = 0;
  bool connecting = false, wanted = false, head_done = false, hello = false, live = false, paused = false;
};

struct Send {
  std::size_t stream;
  std::int64_t due;
};

struct Publisher {
  int fd = -1;
  bool connecting = false;
  std::string in, out;
  std::deque<Send> waiting, in_flight;
};

struct Job {
  double rate = 0;
  std::int64_t count = 0, next = 0, begun_at = 0;
  std::size_t from = 0, to = 0;
  bool running = false;
};

inline int port, publish_port, poller;
inline std::map<std::string, Group> groups;
inline std::vector<Session> sessions;
inline std::vector<Stream> streams;
inline std::array<Publisher, kPublishers> publishers;
inline Job job;
inline std::int64_t publish_errors = 0;
inline std::string first_error;
inline std::array<char, 256 * 1024> buffer;

enum Tag : std::uint64_t { kSession = 0, kPublisher = 1, kStdin = 2 };

inline void watch(int fd, Tag tag, std::size_t index, std::uint32_t events, int how = EPOLL_CTL_MOD) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag << 32 | index;
  epoll_ctl(poller, how, fd, &event);
}

inline void note(const std::string& what) {
  if (first_error.empty()) first_error = what;
}

inline std::size_t index_of(const Session& s) {
  return static_cast<std::size_t>(&s - sessions.data());
}

}  // namespace load
