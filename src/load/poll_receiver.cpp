#include "load/poll_receiver.h"

namespace fairlead::load {

std::string PollReceiver::request() {
  auto path = "/rt/v1/poll" + parameters() + "&timeout=20";
  if (!session().empty()) path += "&session=" + session();
  return head_of(path, "");
}

void PollReceiver::take(std::string_view bytes) {
  switch (parser().feed(bytes, body())) {
    case ResponseParser::State::kHead:
    case ResponseParser::State::kBody:
      return;
    case ResponseParser::State::kDone:
      return answered();
    case ResponseParser::State::kUpgraded:
    case ResponseParser::State::kBroken:
      return cut({Failure::Kind::kProtocol, "no HTTP response"});
  }
}

void PollReceiver::at_end(const Failure& why) {
  if (why.kind == Failure::Kind::kClosed && parser().end() == ResponseParser::State::kDone &&
      !body().empty()) {
    return answered();  // a body that ends with the connection
  }
  cut(why);
}

void PollReceiver::answered() {
  if (parser().head().status != 200) return cut_by_refusal(body());
  const auto answer = read_poll_answer(body());
  if (!answer) return cut({Failure::Kind::kNotFairlead, "its /rt/v1/poll is no list of events"});
  const bool was_open = stream().is_open();
  if (!each_element(answer->events, [this](std::string_view event) { take_event(event); })) {
    return cut({Failure::Kind::kProtocol, "a list of events that is none"});
  }
  if (was_open && !stream().is_open()) return;  // cut by one of them
  set_cursor(answer->cursor);
  set_session(answer->session);
  if (stream().is_open() && parser().keep_alive()) {
    parser().reset();
    body().clear();
    stream().write(request());
  } else {
    connect();
  }
}

}  // namespace fairlead::load
