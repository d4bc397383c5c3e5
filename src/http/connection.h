#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/unique_fd.h"
#include "http/crowd.h"
#include "http/framing_guard.h"
#include "http/responder.h"
#include "http/response_writer.h"

namespace fairlead::http {

// One client connection: its socket, what was read and not yet used, the requests in hand, and
// their answers on the way out. Belongs to the one Worker that accepted it, on that worker's thread
// alone; other threads may hold a weak_ptr as a name for it. It knows no reactor: the Worker
// decides what happens next.
class Connection {
 public:
  enum class Phase {
    kReading,    // waiting for a request or in the middle of one
    kPending,    // handlers have the requests in hand; nothing further is read
    kTaking,     // a handler wants the socket
    kWriting,    // the kernel did not take all of the answers yet
    kLingering,  // answered and shut down; input is thrown away so that no RST overtakes the answer
    kClosed,
  };
  enum class Watch : std::uint8_t { kNothing, kReadable, kWritable };  // what epoll is asked for
  enum class Flush { kDone, kBlocked, kBroken };

  Connection(UniqueFd socket, std::string ip, bool proxied, const FramingLimits& limits)
      : fd(std::move(socket)), peer_ip(std::move(ip)), trusted_proxy(proxied), guard(limits) {}

  // One request in hand.
  struct Exchange {
    AnswerContext context;
    std::optional<Response> answer;
  };
  Exchange& begin_exchange(AnswerContext context);
  // Null: it has been answered, or is not in hand any more.
  Exchange* unanswered(std::uint64_t request);
  bool all_answered() const;
  const AnswerContext& context() const { return in_hand.back().context; }

  // Puts the answers to what is in hand on the way out, in order. Bodies are moved, not copied.
  void set_answers();
  // Hands the kernel as much as it takes, heads and bodies in one call.
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
  bool in_dispatch = false;  // its handler is on the stack
  bool queued = false;       // it stands in the worker's list of connections to go on with
  std::string unread;        // what the client sent behind the requests in hand
  // Parsed, but not one that may overlap with those in hand: begins when they have been answered.
  std::unique_ptr<Request> next;
  MonoTime deadline{};            // when the present phase has taken too long
  std::uint64_t requests = 0;     // so far: the number of the last one in hand, and its name
  std::uint64_t place = 0;        // in the worker's crowd; 0: it is in, or came alone
  Arrival arrival;                // until its first request has been answered
  std::vector<Exchange> in_hand;  // in order; more than one: pipelined, and may overlap
  bool overlaps = false;          // the last of them lets another one overlap
  bool linger_after = false;      // after the answer: throw input away instead of closing at once
  std::size_t discarded_bytes = 0;
  int unread_at_deadline_start = 0;  // kWriting
  std::function<void(TakenConnection)> take;

 private:
  std::vector<std::string> out_;  // heads and bodies
  std::size_t out_begin_ = 0;     // those before it are sent
  std::size_t sent_bytes_ = 0;    // of that one
};

}  // namespace fairlead::http
