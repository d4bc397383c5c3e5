#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "hub/session.h"
#include "http/message.h"
#include "http/responder.h"
#include "transport/stream/stream_engine.h"

namespace fairlead::poll {

struct PollOptions {
  std::string request_id;
  std::chrono::seconds timeout{limits::kPollTimeoutDefault_s};  // 0: a short poll
};

// One poll: a request whose answer is held until there is something to say. Then it answers once, hands the
// connection back to its HTTP worker (`give_back`), and is gone; the session parks in the shard until the
// next poll. Engine's thread; see stream::Connection.
class HeldPoll final : public stream::Connection {
 public:
  using GiveBack = std::function<void(http::TakenConnection)>;
  HeldPoll(stream::StreamEngine& engine, http::TakenConnection connection, PollOptions options,
           hub::OpenRequest request, GiveBack give_back);

  hub::TransportKind kind() const override { return hub::TransportKind::kPoll; }
  Flush write(const Pending& pending, std::size_t& taken) override;
  void end(const hub::Ending& ending, std::string_view unsent, std::string_view bye) override;

  void start() override;
  void on_events(std::uint32_t epoll) override;
  void on_deadline() override;

 private:
  void answer_events(std::string_view lines);
  void linger();
  void answer(http::Response response);
  void write_answer();
  void await_reader();
  std::string start_cursor() const;
  void lost();

  http::TakenConnection connection_;  // its fd is in fd_ while this holds the poll
  const PollOptions options_;
  std::unique_ptr<hub::OpenRequest> request_;  // until start()
  const GiveBack give_back_;
  hub::Session* session_ = nullptr;
  std::string session_id_;
  std::string asked_cursor_;          // empty: none, or none that can be
  int heartbeat_s_ = 0;
  bool waits_live_ = false;           // there was no backlog: what comes now is news, and lingers
  bool answered_ = false;
  std::string bytes_;                 // the answer on its way
  std::size_t sent_ = 0;
  bool blocked_ = false;              // the kernel has not taken all of it
  int unread_bytes_ = 0;              // then: what it holds, when the client's patience began
  MonoTime times_out_at_;
  MonoTime answer_at_ = MonoTime::max();  // the end of the linger
};

}  // namespace fairlead::poll
