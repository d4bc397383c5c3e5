#include "doctor/path/probes.h"
#include "doctor/path/websocket_talk.h"
#include "protocol/json.h"

namespace fairlead::doctor {
namespace {

using Next = WebSocketTalk::Next;

constexpr auto kHandshakeLimit = std::chrono::seconds(10);
constexpr auto kStepLimit = std::chrono::seconds(5);

WebSocketTalk::Limit within(std::chrono::seconds time) {
  return std::chrono::steady_clock::now() + time;
}

Finding bad(Symptom symptom, std::string detail, Products by = {}) {
  return {"websocket", State::kBad, detail, symptom, detail, 0, std::move(by)};
}

// Waits for a message of that type, at most so long; others pass by.
Next wait_for(WebSocketTalk& talk, std::string_view type, protocol::Json& event,
              WebSocketTalk::Limit limit) {
  std::string text;
  while (true) {
    const auto next = talk.next(text, limit);
    if (next != Next::kMessage) return next;
    auto parsed = protocol::parse_object(text);
    if (!parsed || !parsed->contains("type") || parsed->at("type") != type) continue;
    event = std::move(*parsed);
    return Next::kMessage;
  }
}

Finding refused(const Answer& answer, bool with_token) {
  const auto code = problem_code(answer);
  if (answer.status == 426 && code == "upgrade_required")
    return {"websocket", State::kBad, "426: the Upgrade header did not arrive",
            Symptom::kUpgradeStripped};
  if (is_asked_who(answer)) {
    if (!with_token)
      return {"websocket", State::kOk,
              "the handshake arrives at the server (more needs an account)"};
    return bad(Symptom::kUpgradeRefused,
               "401: Sec-WebSocket-Protocol, which has the token, did not arrive whole");
  }
  return bad(Symptom::kUpgradeRefused, outcome(answer) + (code.empty() ? "" : " " + code),
             answer.products());
}

// A 101 proves nothing: hello must come, and its word must be acknowledged.
Finding prove(WebSocketTalk& talk, const Answer& answer) {
  const auto by = answer.products();
  protocol::Json hello;
  switch (wait_for(talk, "hello", hello, within(kStepLimit))) {
    case Next::kClosed:
      return bad(Symptom::kClosed101, "101, then closed before hello came", by);
    case Next::kNothing:
      return bad(Symptom::kSilent101, "101, then nothing for 5 s", by);
    case Next::kMessage:
      break;
  }
  const auto word = hello.contains("probe") && hello.at("probe").is_string()
                        ? hello.at("probe").get<std::string>()
                        : "";
  const protocol::Json command = {{"op", "probe"}, {"ref", "1"}, {"probe", word}};
  talk.say(protocol::dump(command), within(kStepLimit));
  protocol::Json ack;
  switch (wait_for(talk, "ack", ack, within(kStepLimit))) {
    case Next::kClosed:
      return bad(Symptom::kOneWay101, "hello came, then closed before its word was acknowledged",
                 by);
    case Next::kNothing:
      return bad(Symptom::kOneWay101, "hello came, but nothing that is said arrives", by);
    case Next::kMessage:
      break;
  }
  return {"websocket", State::kOk, "hello came, and its word was acknowledged"};
}

}  // namespace

Findings probe_websocket(Examination& exam) {
  auto talk =
      WebSocketTalk::open(exam.way, exam.known.token, "events=durable", within(kHandshakeLimit));
  if (!talk) return {failure("websocket", talk.error(), Symptom::kUpgradeRefused)};
  const auto answer = talk->handshake(within(kHandshakeLimit));
  exam.known.products.merge(answer.products());
  if (answer.status != 101) return {refused(answer, !exam.known.token.empty())};
  if (!talk->accepted())
    return {bad(Symptom::kUpgradeRefused, "a 101 that is not the server's (Sec-WebSocket-Accept)",
                answer.products())};
  auto finding = prove(*talk, answer);
  exam.known.websocket = finding.state == State::kOk;
  return {finding};
}

}  // namespace fairlead::doctor
