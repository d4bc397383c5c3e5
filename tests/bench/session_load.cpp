// Many sessions of one Fairlead over WebSocket, SSE and long poll that keep their cursors, can be cut, paused and
// brought back, and check every message by its number: exactly once, in order. One thread, one epoll. Driven by lines
// on standard input, each answered by one line of JSON; what was begun goes on while it waits for the next line.
//
//   session_load PORT [PUBLISH_PORT]
//
//   streams FILE            one stream of messages a line, counted from 0: ROOM TOKEN
//   sessions FILE           one session a line: GROUP ws|sse|poll STREAM[,STREAM…]|- TOKEN TARGET
//   open GROUP SECONDS      connects the group, each from its cursor if it has one; answers when all are live: each has
//                           its hello and everything that had been published when it was opened
//   cut GROUP               resets its connections; cursors are kept
//   pause GROUP             reads nothing any more           resume GROUP
//   publish RATE COUNT FROM TO   COUNT messages (0: until `stop`), RATE a second (0: as fast as 8 in flight allow),
//                           to the streams FROM ≤ s < TO in turn; answers at once           stop
//   await SECONDS           until all is published and acknowledged and has reached every session that reads
//   wait SECONDS            mark: forgets latencies           report GROUP           quit
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "load_publish.h"
#include "load_sessions.h"

namespace {

using namespace load;

std::string commands;  // read, not executed

void loop(double seconds, const std::function<bool()>& done) {
  const auto deadline = now_ns() + static_cast<std::int64_t>(seconds * 1e9);
  std::array<epoll_event, 512> ready;
  for (auto now = now_ns(); !done() && now < deadline; now = now_ns()) {
    publish_due(now);
    auto wake = std::min(deadline, now + 5'000'000);
    if (job.running && job.rate > 0) wake = std::min(wake, std::max(now, due_of(job.next)));
    const timespec timeout{0, wake - now};
    const int n = epoll_pwait2(poller, ready.data(), static_cast<int>(ready.size()), &timeout, nullptr);
    for (int i = 0; i < n; ++i) {
      if (i % 16 == 15) publish_due(now_ns());
      const auto& event = ready[static_cast<std::size_t>(i)];
      const auto index = event.data.u64 & 0xffffffff;
      switch (event.data.u64 >> 32) {
        case kSession:
          session_event(sessions[index], event.events);
          break;
        case kPublisher:
          publisher_event(publishers[index]);
          break;
        default:
          if (const auto got = read(0, buffer.data(), buffer.size()); got > 0) {
            commands.append(buffer.data(), static_cast<std::size_t>(got));
          } else {
            std::exit(0);  // whoever drives it has gone
          }
      }
    }
  }
}

bool complete() {
  if (job.running) return false;
  for (const auto& p : publishers) {
    if (!p.waiting.empty() || !p.in_flight.empty()) return false;
  }
  return std::all_of(sessions.begin(), sessions.end(), [](const Session& s) {
    return !s.wanted || s.paused || (s.live && std::all_of(s.places.begin(), s.places.end(), [](const Place& p) {
                                       return p.next == kUnknown || p.next >= streams[p.stream].sent;
                                     }));
  });
}

std::string report(const Group& g) {
  std::int64_t live = 0, behind = 0;
  for (const auto index : g.sessions) {
    const auto& s = sessions[index];
    live += s.live && s.fd >= 0;
    behind += std::any_of(s.places.begin(), s.places.end(),
                          [](const Place& p) { return p.next != kUnknown && p.next < streams[p.stream].sent; });
  }
  std::int64_t sent = 0;
  for (const auto& stream : streams) sent += stream.sent;
  std::ostringstream out;
  out << "{\"live\":" << live << ",\"behind\":" << behind << ",\"delivered\":" << g.delivered << ",\"gaps\":" << g.gaps
      << ",\"repeated\":" << g.repeated << ",\"closed\":" << g.closed << ",\"refused\":" << g.refused
      << ",\"samples\":" << g.latency.count() << ",\"p50_ms\":" << g.latency.ms(.5)
      << ",\"p99_ms\":" << g.latency.ms(.99) << ",\"max_ms\":" << g.latency.max_ms() << ",\"sent\":" << sent
      << ",\"publish_errors\":" << publish_errors << ",\"first_error\":\"" << first_error << "\"}";
  return out.str();
}

std::string open(Group& g, double seconds) {
  const auto begun = now_ns();
  g.opening = {};
  g.opening_now = 0;
  for (const auto index : g.sessions) {
    auto& s = sessions[index];
    s.wanted = true;
    if (s.fd >= 0) continue;
    s.reconnects = 0;
    s.opened_at = now_ns();
    for (auto& place : s.places) place.goal = place.next == kUnknown ? kUnknown : streams[place.stream].acknowledged;
    ++g.opening_now;
    connect_session(s);
    if (index % 64 == 63) loop(0.0001, [] { return false; });  // what has come up goes on
  }
  loop(seconds, [&] { return g.opening_now == 0; });
  std::ostringstream out;
  out << "{\"seconds\":" << static_cast<double>(now_ns() - begun) / 1e9 << ",\"missing\":" << g.opening_now
      << ",\"p50_ms\":" << g.opening.ms(.5) << ",\"p99_ms\":" << g.opening.ms(.99) << ",\"first_error\":\""
      << first_error << "\"}";
  return out.str();
}

void cut(Group& g) {
  for (const auto index : g.sessions) {
    sessions[index].wanted = sessions[index].live = false;
    close_session(sessions[index]);
  }
}

void pause(Group& g, bool paused) {
  for (const auto index : g.sessions) {
    auto& s = sessions[index];
    s.paused = paused;
    if (s.fd >= 0) watch(s.fd, kSession, index, paused ? 0U : static_cast<std::uint32_t>(EPOLLIN));
  }
}

void read_sessions(const std::string& path) {
  std::ifstream file(path);
  for (std::string name, kind, list, token, target; file >> name >> kind >> list >> token >> target;) {
    auto& group = groups[name];
    Session s;
    s.group = &group;
    s.kind = kind == "ws" ? Kind::kWebSocket : kind == "sse" ? Kind::kSse : Kind::kPoll;
    s.token = token;
    s.target = target;
    std::istringstream numbers(list == "-" ? "" : list);
    for (std::string number; std::getline(numbers, number, ',');) s.places.push_back({std::stoul(number)});
    group.sessions.push_back(sessions.size());
    sessions.push_back(std::move(s));
  }
}

std::string execute(std::istringstream line) {
  std::string verb, name;
  double seconds = 0;
  line >> verb;
  if (verb == "streams" && line >> name) {
    std::ifstream file(name);
    for (Stream s; file >> s.room >> s.token;) streams.push_back(s);
  } else if (verb == "sessions" && line >> name) {
    read_sessions(name);
  } else if (verb == "open" && line >> name >> seconds) {
    return open(groups.at(name), seconds);
  } else if (verb == "cut" && line >> name) {
    cut(groups.at(name));
  } else if ((verb == "pause" || verb == "resume") && line >> name) {
    pause(groups.at(name), verb == "pause");
  } else if (verb == "publish" && line >> job.rate >> job.count >> job.from >> job.to) {
    job.next = 0, job.begun_at = now_ns(), job.running = true;
  } else if (verb == "stop") {
    job.running = false;
  } else if ((verb == "await" || verb == "wait") && line >> seconds) {
    const auto begun = now_ns();
    const bool await = verb == "await";
    auto look_again = begun;  // looking at every session takes a while
    loop(seconds, [&] {
      if (!await || now_ns() < look_again) return false;
      look_again = now_ns() + 5'000'000;
      return complete();
    });
    return "{\"complete\":" + std::string(complete() ? "true" : "false") +
           ",\"seconds\":" + std::to_string(static_cast<double>(now_ns() - begun) / 1e9) + "}";
  } else if (verb == "mark") {
    for (auto& [_, group] : groups) group.latency = {};
  } else if (verb == "report" && line >> name) {
    return report(groups.at(name));
  } else {
    return R"({"error":"not a command"})";
  }
  return "{}";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fputs("usage: session_load PORT [PUBLISH_PORT] (see the top of its source)\n", stderr), 2;
  port = std::atoi(argv[1]);
  publish_port = argc > 2 ? std::atoi(argv[2]) : port;
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  poller = epoll_create1(EPOLL_CLOEXEC);
  watch(0, kStdin, 0, EPOLLIN, EPOLL_CTL_ADD);
  for (;;) {
    loop(1e9, [] { return commands.find('\n') != std::string::npos; });
    const auto end = commands.find('\n');
    const auto line = commands.substr(0, end);
    commands.erase(0, end + 1);
    if (line == "quit") return 0;
    std::cout << execute(std::istringstream(line)) << std::endl;
  }
}
