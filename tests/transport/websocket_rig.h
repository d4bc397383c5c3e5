#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/unique_fd.h"
#include "hub/hub.h"
#include "log/readers.h"
#include "presence/presence.h"
#include "transport/websocket/ws_shard.h"

namespace fairlead::websocket::testing {

inline constexpr int kContinuation = 0;
inline constexpr int kText = 1;
inline constexpr int kBinary = 2;
inline constexpr int kClose = 8;
inline constexpr int kPing = 9;
inline constexpr int kPong = 10;

// Stands still until a test moves it.
class SetClock final : public Clock {
 public:
  std::int64_t wall_us() const override { return (1'700'000'000'000 + ms_) * 1000; }
  MonoTime mono() const override { return MonoTime(Millis(ms_)); }
  void advance(Millis by) { ms_ += by.count(); }

 private:
  std::atomic<std::int64_t> ms_{1'000'000};
};

// One client frame; masked as RFC 6455 wants it unless told otherwise.
std::string client_frame(int opcode, std::string_view payload, bool fin = true, bool mask = true,
                         int rsv = 0);

// Waits for `condition`; false after ten seconds.
bool eventually(const std::function<bool()>& condition);

// A WebSocket client down to the bytes: blocking, each read with a deadline of ten seconds.
class Client {
 public:
  struct Frame {
    int opcode =
        -1;  // -1: the connection has ended (`payload` says how: "eof", "reset", "timeout")
    std::string payload;
    bool fin = true;
    bool deflated = false;  // it was: `payload` is what it says
    bool text() const { return opcode == kText; }
    int close_code() const;  // -1 if it is no CLOSE
  };

  explicit Client(UniqueFd fd) : fd_(std::move(fd)) {}

  int fd() const { return fd_.get(); }
  bool send(std::string_view bytes);  // false: the server has gone
  bool say(std::string_view text) { return send(client_frame(kText, text)); }
  std::string read_head();  // to the empty line
  Frame read_frame();
  // The next text frame, pongs and pings of the server skipped; "" if another frame or the end
  // comes first.
  std::string read_text();
  // Skips text, pings and pongs.
  Frame read_close();
  // The next text frame that has `part` in it.
  std::string read_text_with(std::string_view part);
  bool at_end();  // the server has closed
  void shut_down_sending();
  void reset();  // RST (TCP only)
  void close() { fd_.reset(); }

 private:
  bool fill(std::size_t bytes);
  UniqueFd fd_;
  std::string in_;
  std::string ended_;
};

// Notes what is asked and answers as it is told to.
class RecordingHandler final : public CommandHandler {
 public:
  void handle(const protocol::Command& command, const hub::Session& session, Done done) override;

  // Null: the test answers later, from its own thread, with take_waiting().
  void answer_with(std::function<Result<std::string>(const protocol::Command&)> answer);
  std::vector<Done> take_waiting();
  std::size_t handled() const;

 private:
  mutable std::mutex mutex_;
  std::function<Result<std::string>(const protocol::Command&)> answer_;
  std::vector<Done> waiting_;
  std::size_t handled_ = 0;
};

// A WsShard with the real hub behind it, on a store that has one room with everybody in it.
class Rig {
 public:
  explicit Rig(WsShardOptions options = {}, hub::ShardSettings settings = {});
  ~Rig();

  static constexpr RoomId kRoom{1};

  struct Knock {
    std::string key = "dGhlIHNhbXBsZSBub25jZQ==";  // RFC 6455 section 1.3
    Subprotocol subprotocol = Subprotocol::kJson;
    std::string early = {};  // sent behind the handshake, and already read by the HTTP layer
    bool tcp = false;
    int receive_buffer_bytes = 0;
    bool probe = false;
    std::string session = {};  // empty: a new one
    std::string deflate = {};  // what has been agreed on; empty: nothing
  };
  // Hands a connection over; the 101 has not been read.
  Client knock(const Knock& how);
  // … has been read, and so has hello.
  Client connect() { return connect(Knock{}); }
  Client connect(const Knock& how);

  // One event of the room, with `text` in it, to all; returns the JSON as it must arrive.
  std::string publish(const std::string& text);
  // On the shard's thread; returns when it has run.
  void on_shard(const std::function<void(hub::Shard&)>& task);
  void end_all(hub::EndReason reason);
  std::size_t sessions();

  SetClock clock;
  RecordingHandler handler;
  hub::Hub hub;
  std::unique_ptr<WsShard> ws;

 private:
  class RoomStore;
  class NoPresence final : public presence::Map {  // nobody asks here
   public:
    void on_change(Listener) override {}
    void start() override {}
    void stop() override {}
    void open(UserId, std::string_view, std::string_view) override {}
    void close(UserId, std::string_view) override {}
    void set_away(UserId, bool) override {}
    void query(std::vector<UserId>, Answer done) override { done({}); }
    bool healthy() const override { return true; }
    std::string_view kind() const override { return "none"; }
  };
  std::unique_ptr<RoomStore> store_;
  std::unique_ptr<log::Readers> readers_;
  NoPresence presence_;
  std::int64_t head_ = 0;
  std::atomic<int> sessions_made_{0};
};

}  // namespace fairlead::websocket::testing
