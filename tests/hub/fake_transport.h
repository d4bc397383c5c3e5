#pragma once

#include <string>
#include <vector>

#include "hub/shard.h"
#include "protocol/json.h"

namespace fairlead::hub {

// A connection that a test holds in its hand: takes what it is told to take and remembers it.
class FakeTransport final : public Transport {
 public:
  explicit FakeTransport(TransportKind kind = TransportKind::kWebSocket) : kind_(kind) {}
  TransportKind kind() const override { return kind_; }

  Flush flush(Outbox& outbox) override {
    while (!outbox.empty()) {
      if (stuck) return Flush::kBlocked;
      const auto bytes = outbox.at(0).bytes;
      outbox.take(bytes->size() - outbox.offset());
      taken.push_back(*bytes);
    }
    return Flush::kDone;
  }
  void ping() override { ++pings; }
  void end(const Ending& ending, Bytes last) override {
    ended = true;
    reason = ending.reason;
    reconnect_in_ms = ending.reconnect_in_ms;
    if (last) bye = *last;
  }

  // What has arrived, without its framing.
  std::vector<std::string> jsons() const {
    std::vector<std::string> all;
    for (const auto& frame : taken) {
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

  bool stuck = false;
  bool ended = false;
  EndReason reason = EndReason::kInternal;
  std::int64_t reconnect_in_ms = -1;
  std::string bye;
  int pings = 0;
  std::vector<std::string> taken;

 private:
  const TransportKind kind_;
};

}  // namespace fairlead::hub
