#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/rare_text.h"
#include "core/unique_fd.h"
#include "http/crowd.h"
#include "http/message.h"

namespace fairlead::http {

// Who is at the other end of a connection, and where it came from.
struct TakenPeer {
  std::string peer_ip;
  int worker = 0;          // where Server::give_back returns it to
  bool keep_alive = true;  // whether the client would send another request after a framed answer
  bool trusted_proxy = false;  // the peer may say whose request it passes on (X-Real-IP)
};

// A connection that has left its HTTP worker: whoever holds it alone owns the socket (non-blocking,
// close-on-exec). Destroying it closes the socket.
struct TakenConnection : TakenPeer {
  UniqueFd fd;
  RareText unread;       // bytes that the client sent behind the request (pipelined, early frames)
  Arrival arrival = {};  // to be let go when the client has been served what it came for
};

// The one answer to one request. Copyable handle; any thread may use it, at any later time: the
// answer travels through the worker's mailbox, which checks that the connection is still the same.
// The first of respond/take_over counts, later calls do nothing. If all copies go away unused, the
// client gets a 500. If the client has gone meanwhile, the answer is dropped.
class Responder {
 public:
  class State;
  explicit Responder(std::shared_ptr<State> state) : state_(std::move(state)) {}

  void respond(Response response) const;
  // `take` runs on the worker's thread with the connection, or never if the client has gone.
  // It must not block.
  void take_over(std::function<void(TakenConnection)> take) const;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace fairlead::http
