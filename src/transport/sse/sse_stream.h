#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "core/rare_text.h"
#include "hub/session.h"
#include "transport/stream/socket_writer.h"
#include "transport/stream/stream_engine.h"

namespace fairlead::sse {

// What PROTOCOL section 5 lets an SSE client ask for, to get through proxies that hold responses
// back.
struct StreamOptions {
  std::string request_id;
  bool http_1_0 = false;
  std::size_t padding_bytes = 0;     // 0 … limits::kPaddingBytesMax
  bool flush_comments = false;       // flush=1
  bool once = false;                 // once=1
  std::chrono::seconds max_life{0};  // 0: for ever
  std::string more_head = {};        // header lines (http::Origins::answer_lines)
};

// One SSE response: the events of one session as `text/event-stream`, delimited by the close of the
// connection (so that it is the same for HTTP/1.0 and 1.1). Engine's thread; see
// stream::Connection.
class SseStream final : public stream::Connection {
 public:
  SseStream(stream::StreamEngine& engine, UniqueFd fd, const StreamOptions& options,
            hub::OpenRequest request);

  hub::TransportKind kind() const override { return hub::TransportKind::kSse; }
  Flush write(const Pending& pending, std::size_t& taken) override;
  bool has_read() override;
  void end(const hub::Ending& ending, std::string_view unsent, std::string_view bye) override;

  void start() override;
  void on_events(std::uint32_t epoll) override;
  void on_deadline() override;

 private:
  void lost();
  void set_deadline();
  stream::Write write_own();
  void want_writable(bool wanted);

  // What is small stands first: it fills up what the base leaves.
  const bool flush_comments_;
  const bool once_;
  bool writable_wanted_ = false;
  bool broken_ = false;
  bool ending_ = false;
  bool batch_sent_ = false;  // once=1: something but hello and probe has been sent
  int unread_bytes_ = 0;     // in the kernel, when has_read() was asked last
  std::unique_ptr<hub::OpenRequest> request_;  // until start()
  hub::Session* session_ = nullptr;
  RareText own_;  // ours, to be sent before what is in the outbox: head, comments, bye
  MonoTime ends_at_ = MonoTime::max();  // max_life; while ending: the end of patience
  MonoTime comment_at_ = MonoTime::max();
};

}  // namespace fairlead::sse
