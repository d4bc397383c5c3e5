#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/limits.h"
#include "core/result.h"
#include "http/message.h"
#include "http/responder.h"

namespace fairlead::http {

// Runs on an HttpWorker thread and must not block: answer at once, or keep the Responder and answer
// from elsewhere. An exception becomes a 500 that says nothing of its text.
using Handler = std::function<void(const Request&, Responder)>;

// Where a request goes. Filled before Server::start, constant afterwards. Patterns are Pistache's:
// "/api/v1/rooms/:room". An unknown path is 404 `not_found`, a known one with another method 405
// with Allow; HEAD is GET without its body; OPTIONS answers 204 with Allow.
class Routes {
 public:
  // Whether such requests of one client, pipelined one behind the other, may be in hand at the same
  // time (RFC 9112 section 9.3.2 lets only safe ones): they must take effect in the order in which
  // the handler saw them, and never take the connection over. All others wait for the answer to the
  // one before.
  enum class Pipelined : bool { kWait, kOverlap };
  void add(Method method, std::string pattern, Handler handler,
           Pipelined pipelined = Pipelined::kWait);

  struct Entry {
    Method method;
    std::string pattern;
    Handler handler;
    Pipelined pipelined;
  };
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

struct ServerOptions {
  // "127.0.0.1:8400", "[::1]:8400" or "unix:/path". TCP: one SO_REUSEPORT socket a worker; Unix:
  // one socket shared by all workers (a stale file is replaced, mode 0666 so that nginx may
  // connect; the directory's mode is the fence).
  std::vector<std::string> listen;
  int workers = 1;
  bool trust_x_real_ip = false;           // from TCP peers; Unix-socket peers are always trusted
  std::vector<std::string> origins = {};  // whose pages may read answers (Origins)
  std::size_t body_bytes_max = limits::kRequestBodyBytesMax;
  std::size_t connections_max = 20'000;  // each worker; beyond, the accept queue waits
  std::chrono::milliseconds head_timeout = limits::kHeadTimeout;
  std::chrono::milliseconds body_timeout = limits::kBodyTimeout;
  std::chrono::milliseconds keep_alive_timeout = limits::kKeepAliveTimeout;
  std::chrono::milliseconds unread_answer_timeout = limits::kUnreadAnswerTimeout;
};

struct ServerStats {  // sums over the workers, since start
  std::uint64_t connections_open = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t requests = 0;
  std::uint64_t rejected = 0;  // by the framing guard
  std::uint64_t accept_pauses =
      0;                      // EMFILE/ENFILE/connections_max: accepting was disarmed for a while
  std::uint64_t crowded = 0;  // connections that came in a crowd
};

// Pistache made safe (docs/decisions): its parser, router and reactor behind our own transport and
// framing guard. Owns its worker threads. Methods: any thread, none blocks except start and stop;
// stop and the destructor join the workers, so never from a handler.
class Server {
 public:
  Server(ServerOptions options, Routes routes);
  ~Server();

  // Binds and begins to accept. The error's detail names the address and the reason.
  [[nodiscard]] Result<void> start();
  // The port that a ":0" TCP address got, in the order of `listen` (0 for Unix sockets).
  std::vector<int> ports() const;

  // Hands a connection back to the worker it came from: it goes on as a keep-alive connection,
  // `unread` first. Closed if the server no longer accepts.
  void give_back(TakenConnection connection);

  void stop_accepting();  // closes the listening sockets; what is open goes on, answers say close
  void stop();            // closes everything and joins the workers; pending answers are dropped

  ServerStats stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fairlead::http
