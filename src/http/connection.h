#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/unique_fd.h"
#include "http/framing_guard.h"
#include "http/responder.h"
#include "http/response_writer.h"

namespace fairlead::http {

// One client connection: its socket, what was read and not yet used, and the answer on its way out.
// Belongs to the one Worker that accepted it, on that worker's thread alone; other threads may hold
// a weak_ptr as a name for it. It knows no reactor: the Worker decides what happens next.
class Connection {
 public:
  enum class Phase {
    kReading,    // waiting for a request or in the middle of one
    kPending,    // a handler has the request; nothing further is read
    kTaking,     // a handler wants the socket
    kWriting,    // the kernel did not take the whole answer yet
    kLingering,  // answered and shut down; input is thrown away so that no RST overtakes the answer
    kClosed,
  };
  enum class Watch : std::uint8_t { kNothing, kReadable, kWritable };  // what epoll is asked for
  enum class Flush { kDone, kBlocked, kBroken };

  Connection(UniqueFd socket, std::string ip, bool proxied, const FramingLimits& limits)
      : fd(std::move(socket)), peer_ip(std::move(ip)), trusted_proxy(proxied), guard(limits) {}

  // Puts an answer in the way out. `response.body` is moved, never copied.
  void set_answer(Response response);
  // Hands the kernel as much as it takes, head and body in one call.
  Flush flush();
  // Whether the other end has closed or reset; one that has closed only its sending half counts.
  bool peer_has_gone() const;
  // Whether epoll's hang-up is about this socket and not about an older one of the same number.
  bool hung_up() const;
  // Closes so that the kernel keeps nothing of what is unsent.
  void abort();

  UniqueFd fd;
  const std::string peer_ip;
  const bool trusted_proxy;  // its X-Real-IP counts
  FramingGuard guard;
  Phase phase = Phase::kReading;
  Watch watch = Watch::kReadable;
  bool in_dispatch = false;    // its handler is on the stack
  bool queued = false;         // it stands in the worker's list of connections to go on with
  std::string unread;          // what the client sent behind the request in hand
  MonoTime deadline{};         // when the present phase has taken too long
  std::uint64_t requests = 0;  // also names the request in hand
  AnswerContext context;       // of the request in hand
  bool linger_after = false;   // after the answer: throw input away instead of closing at once
  std::size_t discarded_bytes = 0;
  int unread_at_deadline_start = 0;  // kWriting
  std::function<void(TakenConnection)> take;

 private:
  std::string out_head_;
  std::string out_body_;
  std::size_t sent_bytes_ = 0;
};

}  // namespace fairlead::http
