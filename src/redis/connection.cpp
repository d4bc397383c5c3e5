#include "redis/connection.h"

#include <hiredis/async.h>

#include <charconv>
#include <memory>
#include <utility>

namespace fairlead::redis {
namespace {

// hiredis' hooks on a uv_poll_t. Not the stock adapters/libuv.h: libuv reports POLLERR (a refused
// or reset connection) as a failed poll, which that one ignores, so that the loss would never be
// noticed.
struct Poll {
  uv_poll_t handle{};
  redisAsyncContext* context = nullptr;
  int events = 0;

  static void ready(uv_poll_t* handle, int status, int events) {
    auto* poll = static_cast<Poll*>(handle->data);
    // Reading finds out what is wrong. Each call may end the context, which cleanup() then tells.
    if (poll->context && (status != 0 || events & UV_READABLE)) redisAsyncHandleRead(poll->context);
    if (poll->context && status == 0 && events & UV_WRITABLE) redisAsyncHandleWrite(poll->context);
  }
  void set(int wanted) {
    events = wanted;
    if (events != 0) {
      uv_poll_start(&handle, events, ready);
    } else {
      uv_poll_stop(&handle);
    }
  }
  static Poll& of(void* data) { return *static_cast<Poll*>(data); }
  static void add_read(void* data) { of(data).set(of(data).events | UV_READABLE); }
  static void del_read(void* data) { of(data).set(of(data).events & ~UV_READABLE); }
  static void add_write(void* data) { of(data).set(of(data).events | UV_WRITABLE); }
  static void del_write(void* data) { of(data).set(of(data).events & ~UV_WRITABLE); }
  static void cleanup(
      void* data) {  // before hiredis closes the fd; the handle lives on until libuv lets go
    of(data).context = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(&of(data).handle),
             [](uv_handle_t* h) { std::unique_ptr<Poll>(static_cast<Poll*>(h->data)).reset(); });
  }
};

}  // namespace

Connection::Connection(EventLoop& loop, std::string address, Millis timeout, Events events)
    : loop_(loop),
      address_(std::move(address)),
      timeout_(timeout),
      events_(std::move(events)),
      timer_(loop, [this] { tick(); }) {}

Connection::~Connection() {
  drop();
}

redisAsyncContext* Connection::dial() {
  if (address_.starts_with("unix:")) return redisAsyncConnectUnix(address_.c_str() + 5);
  const auto colon = address_.rfind(':');
  int port = 6379;
  if (colon != std::string::npos) {
    const char* end = address_.data() + address_.size();
    if (std::from_chars(address_.data() + colon + 1, end, port).ptr != end) return nullptr;
  }
  return redisAsyncConnect(address_.substr(0, colon).c_str(), port);
}

bool Connection::attach(redisAsyncContext* context) {
  auto poll = std::make_unique<Poll>();
  if (uv_poll_init(loop_.get(), &poll->handle, context->c.fd) != 0) return false;
  poll->context = context;
  poll->handle.data = poll.get();
  context->data = this;
  context->ev.addRead = Poll::add_read;
  context->ev.delRead = Poll::del_read;
  context->ev.addWrite = Poll::add_write;
  context->ev.delWrite = Poll::del_write;
  context->ev.cleanup = Poll::cleanup;
  context->ev.data = poll.release();  // cleanup() frees it
  redisAsyncSetDisconnectCallback(context, on_disconnect);
  redisAsyncSetConnectCallback(context, on_connect);
  return true;
}

void Connection::connect() {
  drop();
  redisAsyncContext* context = dial();
  failed_.clear();
  if (!context) {
    failed_ = "bad address";
  } else if (context->err != 0) {
    failed_ = context->errstr;
  } else if (!attach(context)) {
    failed_ = "cannot be polled";
  }
  if (!failed_.empty()) {
    if (context) redisAsyncFree(context);
    timer_.start(Millis(0));  // tick() reports it
    return;
  }
  context_ = context;
  timer_.start(timeout_);
}

void Connection::on_connect(const redisAsyncContext* context, int status) {
  auto* self = static_cast<Connection*>(context->data);
  if (!self) return;
  if (status != REDIS_OK) return self->lost(context->errstr ? context->errstr : "refused");
  self->connected_ = true;
  self->timer_.start(Millis(0));  // up() may drop(), which hiredis does not bear in this callback
}

void Connection::on_disconnect(const redisAsyncContext* context, int /*status*/) {
  if (auto* self = static_cast<Connection*>(context->data)) {
    self->lost(context->errstr && *context->errstr ? context->errstr : "closed");
  }
}

void Connection::on_reply(redisAsyncContext* context, void* reply, void* /*privdata*/) {
  auto* self = static_cast<Connection*>(context->data);
  if (!self) return;
  if (!reply) return self->lost(context->errstr ? context->errstr : "closed");
  Pending answered = std::move(self->pending_.front());
  self->pending_.pop_front();
  self->watch();
  answered.done(static_cast<const redisReply*>(reply));
}

void Connection::send(const std::vector<std::string>& command, Done done, Millis extra) {
  std::vector<const char*> argv;
  std::vector<std::size_t> lengths;
  argv.reserve(command.size());
  lengths.reserve(command.size());
  for (const std::string& argument : command) {
    argv.push_back(argument.data());
    lengths.push_back(argument.size());
  }
  if (!up_ || redisAsyncCommandArgv(context_, on_reply, nullptr, static_cast<int>(argv.size()),
                                    argv.data(), lengths.data()) != REDIS_OK) {
    return done(nullptr);
  }
  uv_update_time(loop_.get());
  pending_.push_back({std::move(done), loop_.now() + timeout_ + extra});
  if (pending_.size() == 1) watch();
}

void Connection::watch() {
  if (pending_.empty()) return timer_.stop();
  timer_.start(std::chrono::duration_cast<Millis>(pending_.front().deadline - loop_.now()));
}

void Connection::tick() {
  if (!failed_.empty()) return events_.down(std::exchange(failed_, {}));
  if (connected_ && !up_) {
    up_ = true;
    return events_.up();
  }
  redisAsyncContext* context = context_;
  lost("timeout");
  redisAsyncFree(context);
}

void Connection::detach() {
  timer_.stop();
  connected_ = false;
  up_ = false;
  failed_.clear();
  if (context_) std::exchange(context_, nullptr)->data = nullptr;
  std::deque<Pending> pending;
  pending.swap(pending_);
  for (Pending& p : pending) p.done(nullptr);
}

void Connection::drop() {
  redisAsyncContext* context = context_;
  detach();
  // Within a callback of this context hiredis puts it off until that returns.
  if (context) redisAsyncFree(context);
}

void Connection::lost(const std::string& why) {
  const std::string reason = why;  // it may live in the context
  detach();
  events_.down(reason);
}

}  // namespace fairlead::redis
