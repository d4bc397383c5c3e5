// Requests as fast as they are answered: each connection has one in flight. Prints one line of JSON.
//
//   send_load PORT CONNECTIONS WARMUP_SECONDS SECONDS REQUESTS_FILE [PID…]
//
// REQUESTS_FILE has one request a line: METHOD TARGET TOKEN [BODY]. Connection i of C sends the lines i, i + C, i + 2C
// … and begins again at the end. The PIDs' CPU time over SECONDS is divided by the requests answered in that time.
#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <fstream>

#include "load_common.h"

namespace {

using namespace load;

struct Connection {
  int fd = -1;
  bool connecting = false;
  std::size_t next = 0;  // line
  std::int64_t sent_at = 0;
  std::string in;
};

struct Totals {
  Histogram latency;
  std::int64_t answered = 0, refused = 0, broken = 0;
  int first_status = 0;
};

int port, poller;
std::vector<std::string> requests;
std::vector<Connection> connections;
Totals totals;

void watch(std::size_t index, std::uint32_t events, int how) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = index;
  epoll_ctl(poller, how, connections[index].fd, &event);
}

void reconnect(std::size_t index) {
  auto& c = connections[index];
  if (c.fd >= 0) close(c.fd);
  c.in.clear();
  c.fd = connect_to(port);
  c.connecting = true;
  watch(index, EPOLLOUT, EPOLL_CTL_ADD);
}

void send_next(std::size_t index) {
  auto& c = connections[index];
  const auto& text = requests[c.next];
  c.next += connections.size();
  if (c.next >= requests.size()) c.next = index % requests.size();
  c.sent_at = now_ns();
  if (send(c.fd, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) {
    ++totals.broken;
    reconnect(index);
  }
}

void readable(std::size_t index) {
  static std::array<char, 256 * 1024> buffer;
  auto& c = connections[index];
  const auto n = recv(c.fd, buffer.data(), buffer.size(), 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) {
    ++totals.broken;
    return reconnect(index);
  }
  c.in.append(buffer.data(), static_cast<std::size_t>(n));
  const auto answer = next_answer(c.in);
  if (!answer) return;
  const bool last = header_of(c.in, "connection").find("close") != std::string_view::npos;
  c.in.erase(0, answer->size);
  if (answer->status / 100 == 2) {
    ++totals.answered;
    totals.latency.add(now_ns() - c.sent_at);
  } else {
    ++totals.refused;
    if (totals.first_status == 0) totals.first_status = answer->status;
  }
  if (last) return reconnect(index);
  send_next(index);
}

void run(double seconds) {
  const auto deadline = now_ns() + static_cast<std::int64_t>(seconds * 1e9);
  std::array<epoll_event, 256> ready;
  while (now_ns() < deadline) {
    const int n = epoll_wait(poller, ready.data(), static_cast<int>(ready.size()), 10);
    for (int i = 0; i < n; ++i) {
      const auto index = ready[static_cast<std::size_t>(i)].data.u64;
      auto& c = connections[index];
      if (!c.connecting) {
        readable(index);
      } else if (socket_error(c.fd) != 0) {
        ++totals.broken;
        usleep(1000);
        reconnect(index);
      } else {
        c.connecting = false;
        watch(index, EPOLLIN, EPOLL_CTL_MOD);
        send_next(index);
      }
    }
  }
}

void read_requests(const char* path) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::array<std::string, 3> word;  // method, target, token
    for (auto& w : word) {
      const auto blank = std::min(line.find(' '), line.size());
      w = line.substr(0, blank);
      line.erase(0, blank + 1);
    }
    requests.push_back(request(word[0], word[1], word[2], line));
  }
}

double cpu_seconds(const std::vector<pid_t>& pids) {
  double sum = 0;
  for (const auto pid : pids) {
    clockid_t clock;
    timespec time{};
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) continue;
    sum += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
  }
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fputs("usage: send_load PORT CONNECTIONS WARMUP_SECONDS SECONDS REQUESTS_FILE [PID...]\n", stderr);
    return 2;
  }
  port = std::atoi(argv[1]);
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  poller = epoll_create1(EPOLL_CLOEXEC);
  read_requests(argv[5]);
  std::vector<pid_t> pids;
  for (int i = 6; i < argc; ++i) pids.push_back(std::atoi(argv[i]));
  connections.resize(static_cast<std::size_t>(std::atoi(argv[2])));
  for (std::size_t i = 0; i < connections.size(); ++i) {
    connections[i].next = i % requests.size();
    reconnect(i);
  }
  run(std::atof(argv[3]));
  totals = {};
  const auto begun = now_ns();
  const auto cpu = cpu_seconds(pids);
  run(std::atof(argv[4]));
  const auto seconds = static_cast<double>(now_ns() - begun) / 1e9;
  const auto answered = static_cast<double>(std::max<std::int64_t>(totals.answered, 1));
  std::printf(
      "{\"answered\":%lld,\"per_s\":%.1f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"cpu_us\":%.2f,\"refused\":%lld,"
      "\"first_status\":%d,\"broken\":%lld}\n",
      static_cast<long long>(totals.answered), static_cast<double>(totals.answered) / seconds, totals.latency.ms(.5),
      totals.latency.ms(.99), (cpu_seconds(pids) - cpu) * 1e6 / answered, static_cast<long long>(totals.refused),
      totals.first_status, static_cast<long long>(totals.broken));
}
