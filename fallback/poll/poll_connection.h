#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "http/message.h"
#include "http/responder.h"
#include "http/response_writer.h"
#include "hub/session.h"
#include "transport/stream/stream_engine.h"

namespace fairlead::poll {

using HeadFingerprint = std::array<std::uint64_t, 2>;  // auth::Fingerprint's

// What a poll's head says, without reading it: a client, or a proxy for it, sends the same bytes
// again and again, but for two values. Views of those bytes.
struct PollHead {
  HeadFingerprint fingerprint{};  // of everything but these
  std::string_view cursor;
  std::string_view request_id;  // empty: it has none
};

// One poll, admitted: what it asks for.
struct Poll {
  std::string request_id;
  std::chrono::seconds timeout{limits::kPollTimeoutDefault_s};  // 0: a short poll
  hub::OpenRequest request;
  HeadFingerprint fingerprint{};  // of its head; 0: not to be known again
  std::string more_head = {};     // header lines for its answers (http::Origins::answer_lines)
};

// Reads what a polling client sends next, without its HTTP worker. Any engine's thread, does not
// block.
class PollReader {
 public:
  virtual ~PollReader() = default;
  // nullopt: not the head of a poll with a cursor, or not in the plain way in which clients write
  // one; read() may know better.
  virtual std::optional<PollHead> look_at(std::string_view bytes) const = 0;
  // By the beginning of a request, 32 bytes if there are as many; no harm if it is none after all.
  virtual bool may_be_poll(std::string_view beginning) const = 0;
  // `bytes` as one whole poll that may be held where this connection is; nullopt: everything else,
  // of which the HTTP worker knows more. `head`: what look_at() said of them.
  virtual std::optional<Poll> read(std::string_view bytes, const std::optional<PollHead>& head,
                                   const http::TakenPeer& peer, const hub::Shard& here) = 0;
  // Back to the HTTP worker it came from, with what was read of it.
  virtual void give_back(http::TakenConnection connection) = 0;
};

// The connection of a client that polls: one poll after the other is held until there is something
// to say, and answered. Between two polls the session parks in the shard and the connection waits
// here for the next one; any other request sends it back to its HTTP worker. Engine's thread; see
// stream::Connection.
class PollConnection final : public stream::Connection {
 public:
  PollConnection(stream::StreamEngine& engine, http::TakenConnection connection, Poll first,
                 PollReader& reader);

  hub::TransportKind kind() const override { return hub::TransportKind::kPoll; }
  Flush write(const Pending& pending, std::size_t& taken) override;
  void end(const hub::Ending& ending, std::string_view unsent, std::string_view bye) override;

  void start() override;
  void on_events(std::uint32_t epoll) override;
  void on_deadline() override;
  void on_soon() override;
  void on_turn() override;
  void on_drain() override;

 private:
  enum class State : std::uint8_t {
    kHeld,       // a poll waits for events
    kAnswering,  // the answer is on its way, the kernel has not taken all of it
    kIdle,       // the next request has not come
    kLeaving,    // it is no poll: to be given back
  };

  // Rarely any. What was read behind the first poll, until that is answered; what an answer says
  // beside the events.
  struct Words {
    std::string unread;
    std::string request_id;  // empty: one is made for the answer
    std::string more_head;
  };
  struct Asked {  // until the session's place in the log is known
    std::string session;
    std::string cursor;  // empty: none, or none that can be
    int heartbeat_s;
  };

  struct Unsent {  // of an answer that the kernel has not taken whole
    std::string bytes;
    std::size_t sent;
    int unread_bytes = 0;  // in the kernel, when the client's patience began
  };

  void begin(Poll poll);
  bool begin_again(const PollHead& head);
  void hold(hub::Session* session);
  void answer_events(std::string_view lines);
  void answer_problem(Error error);
  http::AnswerContext context() const;
  Words& words();
  void say_with_answer(std::string request_id, std::string more_head);
  Asked& asked() const { return *std::get<std::unique_ptr<Asked>>(stage_); }
  Unsent& unsent() const { return *std::get<std::unique_ptr<Unsent>>(stage_); }
  void answer(std::string bytes, std::size_t events = 0);
  void go_on_writing();
  void await_reader();
  void answered();
  bool next_is_poll() const;
  void read_next();
  void leave(std::string unread);
  std::string start_cursor() const;
  void lost();

  // What is small stands first: it fills up what the base leaves.
  std::uint8_t timeout_s_ = 0;
  State state_ = State::kHeld;
  bool lingers_ = false;
  bool waits_its_turn_ = false;     // to be read
  bool waits_live_ : 1 = false;     // there was no backlog: what comes now is news, and lingers
  bool readable_ : 1 = false;       // something has come, and has not been read
  bool behind_proxy_ : 1 = false;   // on this host, over a Unix socket
  bool half_closed_ : 1 = false;    // the client sends nothing more
  std::uint32_t uses_of_last_ = 0;  // see below
  http::TakenPeer peer_;
  PollReader& reader_;
  hub::Session* session_ = nullptr;  // while held
  // What belongs to a time of its own: until start(), while held, kAnswering.
  std::variant<std::monostate, std::unique_ptr<Poll>, std::unique_ptr<Asked>,
               std::unique_ptr<Unsent>>
      stage_;
  std::unique_ptr<Words> words_;  // null: none
  // The last poll's head and session, and how that was left (uses_of_last_): what begin_again()
  // goes by.
  HeadFingerprint fingerprint_{};
  std::uint64_t key_of_last_ = 0;
};

}  // namespace fairlead::poll
