#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/unique_fd.h"
#include "load/failure.h"
#include "load/loop.h"
#include "load/tls.h"
#include "load/url.h"

namespace fairlead::load {

// The deployment, with its name looked up.
struct Endpoint {
  Url url;
  sockaddr_storage address{};
  socklen_t address_size = 0;
  const TlsContext* tls = nullptr;  // null: plain
};

// Looks the name up, and takes the first of its addresses that accepts a connection (localhost may
// be ::1, with nothing there). Blocks, a few seconds for each address that does not answer.
Outcome<Endpoint> resolve(const Url& url, const TlsContext* tls);

// One connection to the deployment, plain or TLS, non-blocking. On the loop's thread. Its owner is
// told of what happens from the loop only, never from within a call to the stream; after on_end(),
// and after close(), it hears nothing until it opens the stream again. Must not be destroyed from
// within what it calls.
class Stream final : Loop::Handler {
 public:
  class Owner {
   public:
    virtual void on_open() = 0;
    virtual void on_bytes(std::string_view bytes, MonoTime at) = 0;  // `at`: when they were read
    virtual void on_end(const Failure& why) = 0;  // kClosed when the peer closed in good order
   protected:
    ~Owner() = default;
  };

  Stream(Loop& loop, const Endpoint& endpoint, Owner& owner);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void open();  // closes what was open
  void close();
  // Sent at once as far as the socket takes it, the rest when it can. Nothing unless is_open().
  void write(std::string_view bytes);
  bool is_open() const { return state_ == State::kOpen; }

 private:
  enum class State { kClosed, kConnecting, kHandshake, kOpen };

  void on_ready(std::uint32_t events) override;
  void connected();
  void handshake();
  void read_all();
  void read_plain();
  void read_tls();
  void flush();
  void want(std::uint32_t events);
  void end(const Failure& why);
  void end_later(Failure why);

  Loop& loop_;
  const Endpoint& endpoint_;
  Owner& owner_;
  UniqueFd fd_;
  SslSession tls_;  // goes before fd_
  State state_ = State::kClosed;
  std::uint32_t wanted_ = 0;
  std::string unsent_;
  Loop::Timer ending_;
};

}  // namespace fairlead::load
