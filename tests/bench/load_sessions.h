// One session of session_load: connecting, reading, checking what it gets.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "load_state.h"

namespace load {

inline void connect_session(Session& s) {
  s.in.clear(), s.body.clear(), s.dechunk = {};
  s.head_done = s.hello = s.live = false;
  s.fd = connect_to(port);
  s.connecting = true;
  watch(s.fd, kSession, index_of(s), EPOLLOUT, EPOLL_CTL_ADD);
}

inline void close_session(Session& s) {
  if (s.fd >= 0) close(s.fd);
  s.fd = -1;
}

// The other side ended it: comes back from its cursor, as a client would.
inline void lost(Session& s, const std::string& why) {
  note(why);
  ++(s.connecting ? s.group->refused : s.group->closed);
  if (s.live) ++s.group->opening_now;  // not again until it is live
  close_session(s);
  if (s.wanted && ++s.reconnects <= kReconnectsMax) connect_session(s);
}

inline void become_live(Session& s) {
  if (s.live || !s.hello) return;
  for (const auto& place : s.places) {
    if (place.next < place.goal) return;
  }
  s.live = true;
  s.reconnects = 0;
  --s.group->opening_now;
  s.group->opening.add(now_ns() - s.opened_at);
}

inline void request(Session& s) {
  std::string target = s.target;
  if (!s.cursor.empty()) target += "&cursor=" + s.cursor;
  if (s.kind == Kind::kPoll && !s.id.empty()) target += "&session=" + s.id;
  std::string text = "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                     "\r\nAuthorization: Bearer " + s.token + "\r\n";
  if (s.kind == Kind::kWebSocket) {
    text +=
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  } else if (s.kind == Kind::kSse) {
    text += "Accept: text/event-stream\r\n";
  }
  text += "\r\n";
  // A fresh connection's buffer, or a poll's with nothing in it, takes these few bytes whole.
  if (send(s.fd, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) {
    lost(s, "request: " + std::string(std::strerror(errno)));
  }
}

inline void got_hello(Session& s) {
  s.hello = true;
  for (auto& place : s.places) {
    const auto& stream = streams[place.stream];
    // A fresh session amid a stream cannot know its first number.
    if (place.next == kUnknown && stream.sent == stream.acknowledged) place.next = stream.sent;
    if (place.next == kUnknown) place.goal = kUnknown;
  }
}

inline void message(Session& s, std::string_view text, std::int64_t now) {
  std::int64_t stream = 0, number = 0, sent_at = 0;
  if (!take_number(text, stream) || !take_number(text, number) || !take_number(text, sent_at)) return;
  for (auto& place : s.places) {
    if (place.stream != static_cast<std::size_t>(stream)) continue;
    if (place.next == kUnknown) place.next = number;
    if (number < place.next) {
      ++s.group->repeated;
      return;
    }
    s.group->gaps += number - place.next;
    place.next = number + 1;
    ++s.group->delivered;
    s.group->latency.add(now - sent_at);
    return;
  }
  note("a message of a stream that the session does not have");
  ++s.group->repeated;
}

// Of the last event, or a poll's whole answer: where the session comes back from.
inline void keep_cursor(Session& s, std::string_view json) {
  constexpr std::string_view kCursor = R"("cursor":")";
  const auto at = s.kind == Kind::kPoll ? json.rfind(kCursor) : json.substr(0, 400).find(kCursor);
  if (at == std::string_view::npos) return;
  const auto value = json.substr(at + kCursor.size());
  s.cursor.assign(value.substr(0, value.find('"')));
}

// One event, or a poll's whole answer.
inline void events(Session& s, std::string_view json, std::int64_t now) {
  const bool poll = s.kind == Kind::kPoll;
  if (!s.hello && (poll || json.starts_with(R"({"type":"hello")"))) {
    constexpr std::string_view kId = R"("session":")";
    if (const auto at = json.find(kId); at != std::string_view::npos) {
      s.id.assign(json.substr(at + kId.size(), json.find('"', at + kId.size()) - at - kId.size()));
    }
    got_hello(s);
  }
  for (auto at = json.find(kMark); at != std::string_view::npos; at = json.find(kMark)) {
    json.remove_prefix(at + kMark.size());
    message(s, json, now);
  }
  become_live(s);
}

// Bytes used of `in`.
inline std::size_t sse_lines(Session& s, std::string_view in, std::int64_t now) {
  std::size_t begin = 0;
  std::string_view last;
  for (auto end = in.find('\n'); end != std::string_view::npos; end = in.find('\n', begin)) {
    const auto line = in.substr(begin, end - begin);
    begin = end + 1;
    if (!line.starts_with("data:")) continue;
    last = line.substr(line.starts_with("data: ") ? 6 : 5);
    events(s, last, now);
  }
  keep_cursor(s, last);
  return begin;
}

// Bytes used of `in`.
inline std::size_t websocket_frames(Session& s, std::string_view in, std::int64_t now) {
  std::size_t used = 0;
  std::string_view last;
  while (const auto frame = next_frame(in.substr(used))) {
    used += frame->size;
    if (frame->opcode == 9) {
      const auto pong = masked_pong(frame->payload);
      if (send(s.fd, pong.data(), pong.size(), MSG_NOSIGNAL) < 0) note("pong not sent");
    } else if (frame->opcode == 8) {
      keep_cursor(s, last);
      lost(s, "close frame");
      return in.size();
    } else if (frame->opcode == 1) {
      last = frame->payload;
      events(s, last, now);
    }
  }
  keep_cursor(s, last);
  return used;
}

inline std::size_t parse(Session& s, std::string_view in, std::int64_t now) {
  std::size_t used = 0;
  if (s.kind == Kind::kPoll) {
    while (const auto answer = next_answer(in.substr(used))) {
      used += answer->size;
      if (answer->status != 200) return lost(s, "poll: " + std::to_string(answer->status)), in.size();
      events(s, answer->body, now);
      keep_cursor(s, answer->body);
      request(s);
      if (s.fd < 0 || s.connecting) return in.size();
    }
    return used;
  }
  if (!s.head_done) {
    const auto end = in.find("\r\n\r\n");
    if (end == std::string_view::npos) return 0;
    const auto head = in.substr(0, end + 4);
    const int status = status_of(head);
    if (status != (s.kind == Kind::kWebSocket ? 101 : 200))
      return lost(s, "status " + std::to_string(status)), in.size();
    s.head_done = true;
    s.dechunk.chunked = header_of(head, "transfer-encoding").find("chunked") != std::string::npos;
    used = head.size();
  }
  if (s.kind == Kind::kWebSocket) return used + websocket_frames(s, in.substr(used), now);
  if (!s.dechunk.chunked) return used + sse_lines(s, in.substr(used), now);
  used += s.dechunk.feed(in.substr(used), s.body);
  s.body.erase(0, sse_lines(s, s.body, now));
  return used;
}

inline void session_event(Session& s, std::uint32_t what) {
  if (s.fd < 0) return;
  if (s.connecting) {
    if (const int problem = socket_error(s.fd)) return lost(s, std::string("connect: ") + std::strerror(problem));
    s.connecting = false;
    watch(s.fd, kSession, index_of(s), EPOLLIN);
    if (s.kind == Kind::kPoll && !s.cursor.empty()) s.hello = true;  // a resumed poll is parked without a word
    request(s);
    return become_live(s);
  }
  if (s.paused && (what & (EPOLLERR | EPOLLHUP)) == 0) return;
  const auto n = recv(s.fd, buffer.data(), buffer.size(), 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return lost(s, n == 0 ? "closed by the server" : std::strerror(errno));
  const auto now = now_ns();
  const int fd = s.fd;
  std::string whole;
  std::string_view in(buffer.data(), static_cast<std::size_t>(n));
  if (!s.in.empty()) {
    whole.swap(s.in);
    in = whole.append(in);
  }
  const auto used = parse(s, in, now);
  if (s.fd == fd) s.in.assign(in.substr(used));
}

}  // namespace load
