#include "load/sse_receiver.h"

namespace fairlead::load {

std::string SseReceiver::request() {
  events_.reset();
  return head_of("/rt/v1/sse" + parameters(), "Accept: text/event-stream\r\n");
}

void SseReceiver::take(std::string_view bytes) {
  const auto state = parser().feed(bytes, body());
  if (state == ResponseParser::State::kHead) return;
  if (state == ResponseParser::State::kBroken || state == ResponseParser::State::kUpgraded) {
    return cut({Failure::Kind::kProtocol, "no HTTP response"});
  }
  if (parser().head().status != 200) {
    if (state == ResponseParser::State::kDone) cut_by_refusal(body());
    return;
  }
  if (const auto type = parser().head().header("content-type");
      !type || !type->starts_with("text/event-stream")) {
    return cut({Failure::Kind::kNotFairlead, "its /rt/v1/sse is no event stream"});
  }
  const bool go_on = events_.feed(body(), [this](std::string_view data) {
    take_event(data);
    return stream().is_open();
  });
  body().clear();
  if (go_on && state == ResponseParser::State::kDone)
    cut({Failure::Kind::kClosed, "the stream is over"});
}

}  // namespace fairlead::load
