// The publishing side of session_load: sends at the times of the schedule, whatever the answers take.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "load_state.h"

namespace load {

inline void publish_flush(Publisher& p) {
  const auto index = static_cast<std::size_t>(&p - publishers.data());
  if (p.fd < 0 && !p.waiting.empty()) {
    p.in.clear(), p.out.clear();
    p.fd = connect_to(publish_port);
    p.connecting = true;
    return watch(p.fd, kPublisher, index, EPOLLOUT, EPOLL_CTL_ADD);
  }
  if (p.fd < 0 || p.connecting) return;
  while (!p.waiting.empty() && p.in_flight.size() < kInFlight) {
    const auto next = p.waiting.front();
    p.waiting.pop_front();
    auto& stream = streams[next.stream];
    std::string text(kMark);
    text += std::to_string(next.stream) + '|' + std::to_string(stream.sent++) + '|' + std::to_string(next.due) + '|';
    text.resize(std::max(kMessageChars, text.size()), 'x');
    p.out += load::request("POST", "/api/v1/rooms/" + stream.room + "/messages", stream.token,
                           R"({"text":")" + text + "\"}");
    p.in_flight.push_back(next);
  }
  if (p.out.empty()) return;
  const auto n = send(p.fd, p.out.data(), p.out.size(), MSG_NOSIGNAL);
  if (n > 0) p.out.erase(0, static_cast<std::size_t>(n));
  watch(p.fd, kPublisher, index, p.out.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

inline void publisher_lost(Publisher& p, const std::string& why) {
  if (!p.in_flight.empty()) note("publishing: " + why);
  publish_errors += static_cast<std::int64_t>(p.in_flight.size());
  for (const auto& send : p.in_flight) ++streams[send.stream].acknowledged;
  p.in_flight.clear();
  close(p.fd);
  p.fd = -1;
  publish_flush(p);
}

inline void publisher_event(Publisher& p) {
  if (p.fd < 0) return;
  if (p.connecting) {
    if (const int problem = socket_error(p.fd)) {
      std::fprintf(stderr, "session_load: cannot publish: %s\n", std::strerror(problem));
      std::exit(1);
    }
    p.connecting = false;
    return publish_flush(p);
  }
  const auto n = recv(p.fd, buffer.data(), buffer.size(), 0);
  if (n == 0) return publisher_lost(p, "closed by the server");
  if (n < 0 && errno != EAGAIN) return publisher_lost(p, std::strerror(errno));
  if (n > 0) p.in.append(buffer.data(), static_cast<std::size_t>(n));
  std::size_t used = 0;
  while (const auto answer = next_answer(std::string_view(p.in).substr(used))) {
    used += answer->size;
    if (p.in_flight.empty()) break;
    ++streams[p.in_flight.front().stream].acknowledged;
    p.in_flight.pop_front();
    if (answer->status != 201) ++publish_errors, note("publishing: " + std::to_string(answer->status));
  }
  p.in.erase(0, used);
  publish_flush(p);
}

inline std::int64_t due_of(std::int64_t n) {
  return job.begun_at + static_cast<std::int64_t>(static_cast<double>(n) * 1e9 / job.rate);
}

inline void publish_due(std::int64_t now) {
  while (job.running) {
    if (job.count > 0 && job.next >= job.count) {
      job.running = false;
      break;
    }
    const auto stream = job.from + static_cast<std::size_t>(job.next) % (job.to - job.from);
    auto& publisher = publishers[stream % kPublishers];
    if (job.rate > 0 ? due_of(job.next) > now : publisher.waiting.size() + publisher.in_flight.size() >= kInFlight)
      break;
    publisher.waiting.push_back({stream, job.rate > 0 ? due_of(job.next) : now});
    ++job.next;
    publish_flush(publisher);
  }
}

}  // namespace load
