#pragma once

#include <string>
#include <vector>

#include "deflate/deflate.h"
#include "hub/shard.h"
#include "protocol/framing.h"
#include "protocol/json.h"

namespace fairlead::hub {

// A connection that a test holds in its hand: takes what it is told to take and remembers it.
class FakeTransport : public Transport {
 public:
  explicit FakeTransport(TransportKind kind = TransportKind::kWebSocket)
      : FakeTransport(kind, plain_form(kind)) {}
  FakeTransport(TransportKind kind, WireForm form) : kind_(kind), form_(form) {}
  TransportKind kind() const override { return kind_; }
  WireForm form() const override { return form_; }

  Flush write(const Pending& pending, std::size_t& n) override {
    if (stuck && !pending.frames.empty()) return Flush::kBlocked;
    n = pending.frames.size();
    for (auto rest = pending.frames; !rest.empty();) {
      const auto size = first_frame(rest);
      taken.emplace_back(rest.substr(0, size));
      rest.remove_prefix(size);
    }
    return Flush::kDone;
  }
  void ping() override { ++pings; }
  bool has_spoken() const override { return spoken; }
  void end(const Ending& ending, std::string_view, std::string_view last) override {
    ended = true;
    reason = ending.reason;
    reconnect_in_ms = ending.reconnect_in_ms;
    bye = last;
  }

  // What has arrived, without its framing.
  std::vector<std::string> jsons() const {
    std::vector<std::string> all;
    for (const auto& frame : taken) {
      if (is_deflated(frame)) {
        all.push_back(inflated(frame));
        continue;
      }
      const auto brace = frame.find('{');
      const auto end = frame.rfind('}');
      all.push_back(frame.substr(brace, end - brace + 1));
    }
    return all;
  }
  std::vector<protocol::Json> events() const {
    std::vector<protocol::Json> all;
    for (const auto& text : jsons()) all.push_back(protocol::Json::parse(text));
    return all;
  }
  std::vector<std::string> types() const {
    std::vector<std::string> all;
    for (const auto& event : events()) all.push_back(event.at("type"));
    return all;
  }
  // The numbers of the "note" events that have arrived.
  std::vector<int> notes() const {
    std::vector<int> all;
    for (const auto& event : events()) {
      if (event.at("type") == "note") all.push_back(event.at("data").at("n"));
    }
    return all;
  }

  static bool is_deflated(std::string_view frame) { return frame.front() == '\xc1'; }
  static std::string inflated(std::string_view frame) {  // of less than 64 KiB
    constexpr std::size_t kBytesMax = 64 * 1024;
    const std::size_t head = frame[1] < 126 ? 2 : 4;
    std::string message;
    const auto result = deflate::inflate(frame.substr(head), kBytesMax, message);
    return result == deflate::Inflated::kWhole ? message : "broken";
  }

  // The size of the first one.
  std::size_t first_frame(std::string_view frames) const {
    switch (kind_) {
      case TransportKind::kWebSocket: return 1 + protocol::websocket_frame_cut(frames, 1).size();
      case TransportKind::kSse: return protocol::sse_event_end(frames);
      case TransportKind::kPoll: break;
    }
    return frames.find('\n') + 1;
  }

  bool stuck = false;
  bool ended = false;
  EndReason reason = EndReason::kInternal;
  std::int64_t reconnect_in_ms = -1;
  std::string bye;
  int pings = 0;
  bool spoken = false;  // something has come from the client
  std::vector<std::string> taken;

 private:
  const TransportKind kind_;
  const WireForm form_;
};

}  // namespace fairlead::hub
