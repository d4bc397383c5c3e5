#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "load/event_reader.h"
#include "load/http_response.h"
#include "load/options.h"
#include "load/stream.h"

namespace fairlead::load {

// What every receiver of a crowd listens to.
struct Audience {
  std::string token;
  std::string room;
};

// One client that listens on one transport: connects, reads, and comes back with its cursor when it
// is cut. The transports differ in three methods. On the loop's thread.
class Receiver : Stream::Owner {
 public:
  // Told of what happens; from the loop only.
  class Listener {
   public:
    virtual void on_live(std::size_t receiver,
                         std::chrono::nanoseconds took) = 0;  // once: hello has come
    virtual void on_message(std::size_t receiver, std::string_view text, std::uint64_t seq,
                            MonoTime at) = 0;
    virtual void on_cut(std::size_t receiver, const Failure& why) = 0;  // it will try again
   protected:
    ~Listener() = default;
  };

  Receiver(std::size_t number, Loop& loop, const Endpoint& endpoint, const Audience& audience,
           Listener& listener);
  virtual ~Receiver() { loop_.cancel(again_); }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  void connect();
  void stop();
  bool live() const { return live_; }
  // Comes back if nothing has been heard for `limit`, heartbeats included: a dead path shows no
  // other sign.
  void check_silence(MonoTime now, std::chrono::seconds limit);

 protected:
  // The request that (re)connects, from cursor() if that is not empty.
  virtual std::string request() = 0;
  virtual void take(std::string_view bytes) = 0;  // what was read, in order
  virtual void at_end(const Failure& why) { cut(why); }

  void take_event(std::string_view json);
  void cut(Failure why);  // closes, and connects again a little later
  void cut_by_refusal(std::string_view body) {
    cut(status_failure(parser_.head(), body, "connecting"));
  }
  // "?rooms=…&events=durable…" and the cursor.
  std::string parameters() const;
  std::string head_of(std::string_view path, std::string_view more) const;
  void set_cursor(std::string_view cursor) { cursor_ = cursor; }
  void set_session(std::string_view session) { session_ = session; }
  const std::string& cursor() const { return cursor_; }
  const std::string& session() const { return session_; }
  Stream& stream() { return stream_; }
  ResponseParser& parser() { return parser_; }
  std::string& body() { return body_; }
  virtual void say_goodbye() {}

 private:
  void on_open() override;
  void on_bytes(std::string_view bytes, MonoTime at) override;
  void on_end(const Failure& why) override { at_end(why); }

  const std::size_t number_;
  Loop& loop_;
  const Endpoint& endpoint_;
  const Audience& audience_;
  Listener& listener_;
  Stream stream_;
  ResponseParser parser_;  // of the response that is being read
  std::string body_;       // … its body as far as it has not been used
  std::string cursor_;
  std::string session_;
  MonoTime first_try_{};
  MonoTime last_heard_{};            // the time of what is being taken
  bool live_ = false;                // has ever been
  int failures_ = 0;                 // since something was last heard
  std::int64_t asked_wait_ms_ = -1;  // of a bye; -1: none
  Loop::Timer again_;
};

std::unique_ptr<Receiver> make_receiver(Transport transport, std::size_t number, Loop& loop,
                                        const Endpoint& endpoint, const Audience& audience,
                                        Receiver::Listener& listener);

}  // namespace fairlead::load
