#pragma once

#include <hiredis/hiredis.h>

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "redis/event_loop.h"

struct redisAsyncContext;

namespace fairlead::redis {

// One connection to Redis (a hiredis async context on a libuv loop): commands are pipelined and
// answered in order. Belongs to the loop's thread. A connection that is lost can be opened again by
// connect().
class Connection {
 public:
  // nullptr: the connection was lost, or dropped, before the answer. Otherwise valid during the
  // call only.
  using Done = std::function<void(const redisReply*)>;
  struct Events {
    std::function<void()> up;                          // after connect()
    std::function<void(const std::string& why)> down;  // once per connect(); not after drop()
  };

  // `address`: "host:port" or "unix:/path". `timeout`: for connecting, and for each answer; a
  // command that takes longer means that Redis is away, and the connection is given up.
  Connection(EventLoop& loop, std::string address, Millis timeout, Events events);
  ~Connection();  // drop()
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // up() or down() follows, never from within the call. A host name is looked up on the calling
  // thread.
  void connect();
  // Answers what is pending with nullptr before it returns.
  void drop();
  // `extra`: how much longer than `timeout` this command may take (a blocking one).
  void send(const std::vector<std::string>& command, Done done, Millis extra = Millis(0));
  bool up() const { return up_; }
  std::size_t pending() const { return pending_.size(); }

 private:
  struct Pending {
    Done done;
    MonoTime deadline;
  };
  static void on_connect(const redisAsyncContext* context, int status);
  static void on_disconnect(const redisAsyncContext* context, int status);
  static void on_reply(redisAsyncContext* context, void* reply, void*);
  redisAsyncContext* dial();
  bool attach(redisAsyncContext* context);
  void tick();
  void watch();
  void detach();
  void lost(const std::string& why);

  EventLoop& loop_;
  const std::string address_;
  const Millis timeout_;
  const Events events_;
  redisAsyncContext* context_ = nullptr;  // hiredis frees it when the connection breaks
  bool connected_ = false;
  bool up_ = false;     // up() was called
  std::string failed_;  // not empty: connect() failed at once, down() is due
  std::deque<Pending> pending_;
  LoopTimer timer_;
};

}  // namespace fairlead::redis
