#include "load/stream.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace fairlead::load {
namespace {

constexpr int kReadsAtOnce = 4;  // then the others' turn
constexpr int kTryAddress_ms = 5000;

Failure failure_of(int error) {
  switch (error) {
    case ECONNREFUSED:
      return {Failure::Kind::kRefused};
    case ETIMEDOUT:
      return {Failure::Kind::kTimeout};
    case EMFILE:
    case ENFILE:
      return {Failure::Kind::kDescriptors};
    case EADDRNOTAVAIL:
      return {Failure::Kind::kPorts};
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EACCES:
    case EPERM:
      return {Failure::Kind::kUnreachable, std::strerror(error)};
    default:
      return {Failure::Kind::kClosed, std::strerror(error)};
  }
}

int pending_error(int socket) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

// The errno of a connection that is made to see whether it can be made; 0 if it can.
int try_address(const addrinfo& address) {
  const UniqueFd fd(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return errno;
  if (::connect(fd.get(), address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd waiting{fd.get(), POLLOUT, 0};
  return ::poll(&waiting, 1, kTryAddress_ms) == 1 ? pending_error(fd.get()) : ETIMEDOUT;
}

}  // namespace

Outcome<Endpoint> resolve(const Url& url, const TlsContext* tls) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  int problem = ::getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &list);
  if (problem != 0) {
    hints.ai_flags = 0;  // a host with the loopback alone has no address "configured"
    problem = ::getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &list);
  }
  if (problem != 0) return Failed({Failure::Kind::kResolve, ::gai_strerror(problem)});
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  for (const auto* address = list; address != nullptr; address = address->ai_next) {
    problem = try_address(*address);
    if (problem != 0) continue;
    Endpoint endpoint{url, {}, address->ai_addrlen, tls};
    std::memcpy(&endpoint.address, address->ai_addr, address->ai_addrlen);
    return endpoint;
  }
  return Failed(failure_of(problem));
}

Stream::Stream(Loop& loop, const Endpoint& endpoint, Owner& owner)
    : loop_(loop), endpoint_(endpoint), owner_(owner) {}

Stream::~Stream() {
  close();
}

void Stream::open() {
  close();
  fd_.reset(::socket(endpoint_.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd_) return end_later(failure_of(errno));
  const int on = 1;
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* address = reinterpret_cast<const sockaddr*>(&endpoint_.address);
  if (::connect(fd_.get(), address, endpoint_.address_size) != 0 && errno != EINPROGRESS) {
    return end_later(failure_of(errno));
  }
  state_ = State::kConnecting;
  wanted_ = EPOLLOUT;
  loop_.watch(fd_.get(), wanted_, *this);
}

void Stream::close() {
  loop_.cancel(ending_);
  if (state_ != State::kClosed) loop_.forget(fd_.get(), *this);
  state_ = State::kClosed;
  if (tls_) {
    ERR_clear_error();
    SSL_shutdown(
        tls_.get());  // a close_notify if it can be sent at once; nobody waits for the answer
    tls_.reset();
  }
  fd_.reset();
  unsent_.clear();
}

void Stream::write(std::string_view bytes) {
  if (!is_open()) return;
  unsent_ += bytes;
  flush();
}

void Stream::on_ready(std::uint32_t) {
  switch (state_) {
    case State::kClosed:
      return;
    case State::kConnecting:
      return connected();
    case State::kHandshake:
      return handshake();
    case State::kOpen:
      break;
  }
  if (!unsent_.empty()) flush();
  read_all();
}

void Stream::connected() {
  const int error = pending_error(fd_.get());
  if (error != 0) return end(failure_of(error));
  if (endpoint_.tls == nullptr) {
    state_ = State::kOpen;
    want(EPOLLIN);
    return owner_.on_open();
  }
  tls_ = endpoint_.tls->session(fd_.get());
  if (!tls_) return end({Failure::Kind::kTls, "out of memory"});
  state_ = State::kHandshake;
  handshake();
}

void Stream::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(tls_.get());
  if (result == 1) {
    state_ = State::kOpen;
    want(EPOLLIN);
    return owner_.on_open();
  }
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return want(EPOLLIN);
    case SSL_ERROR_WANT_WRITE:
      return want(EPOLLOUT);
    default:
      return end(tls_failure(tls_.get()));
  }
}

void Stream::read_all() {
  tls_ ? read_tls() : read_plain();
}

void Stream::read_plain() {
  auto& scratch = loop_.scratch();
  for (int i = 0; i < kReadsAtOnce && is_open(); ++i) {
    const auto size = ::recv(fd_.get(), scratch.data(), scratch.size(), 0);
    const auto at = std::chrono::steady_clock::now();
    if (size == 0) return end({Failure::Kind::kClosed});
    if (size < 0) {
      if (errno != EAGAIN && errno != EINTR) end(failure_of(errno));
      return;
    }
    const auto read = static_cast<std::size_t>(size);
    owner_.on_bytes({scratch.data(), read}, at);
    if (read < scratch.size()) return;
  }
}

void Stream::read_tls() {
  auto& scratch = loop_.scratch();
  while (is_open()) {  // to the end: what OpenSSL has buffered wakes no epoll
    ERR_clear_error();
    const int size = SSL_read(tls_.get(), scratch.data(), static_cast<int>(scratch.size()));
    const auto at = std::chrono::steady_clock::now();
    if (size > 0) {
      owner_.on_bytes({scratch.data(), static_cast<std::size_t>(size)}, at);
      continue;
    }
    const int error = SSL_get_error(tls_.get(), size);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return;
    ERR_clear_error();
    return end({Failure::Kind::kClosed});
  }
}

void Stream::flush() {
  std::size_t sent = 0;
  while (sent < unsent_.size()) {
    const auto* from = unsent_.data() + sent;
    const auto left = unsent_.size() - sent;
    if (!tls_) {
      const auto size = ::send(fd_.get(), from, left, MSG_NOSIGNAL);
      if (size < 0 && errno != EAGAIN && errno != EINTR) return end_later(failure_of(errno));
      if (size < 0) break;
      sent += static_cast<std::size_t>(size);
      continue;
    }
    ERR_clear_error();
    const int size = SSL_write(tls_.get(), from, static_cast<int>(left));
    if (size > 0) {
      sent += static_cast<std::size_t>(size);
      continue;
    }
    const int error = SSL_get_error(tls_.get(), size);
    if (error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ) break;
    return end_later(tls_failure(tls_.get()));
  }
  unsent_.erase(0, sent);
  want(unsent_.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

void Stream::want(std::uint32_t events) {
  if (events == wanted_) return;
  wanted_ = events;
  loop_.change(fd_.get(), events, *this);
}

void Stream::end(const Failure& why) {
  close();
  owner_.on_end(why);
}

void Stream::end_later(Failure why) {
  loop_.cancel(ending_);
  ending_ = loop_.after(std::chrono::nanoseconds(0), [this, why = std::move(why)] {
    ending_ = {};
    end(why);
  });
}

}  // namespace fairlead::load
