#include <optional>
#include <thread>

#include "doctor/path/event_stream.h"
#include "doctor/path/probes.h"
#include "doctor/path/websocket_talk.h"
#include "protocol/json.h"

namespace fairlead::doctor {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr double kEarly_s = 1;
constexpr const char* kParameters = "events=durable&probe=0&heartbeat=5";  // never silent for long

// How old it was when it was cut; nothing: it was not, or it could not be opened.
std::optional<double> age_of_websocket(const Examination& exam) {
  const auto begin = steady_clock::now();
  const auto limit = begin + seconds(exam.settings.lifetime_s);
  auto talk = WebSocketTalk::open(exam.way, exam.known.token, kParameters, limit);
  if (!talk || talk->handshake(limit).status != 101) return std::nullopt;
  for (std::string text;;) {
    const auto next = talk->next(text, limit);
    if (next == WebSocketTalk::Next::kNothing) return std::nullopt;
    if (next == WebSocketTalk::Next::kClosed)
      return std::chrono::duration<double>(steady_clock::now() - begin).count();
    const auto event = protocol::parse_object(text);
    if (event && event->contains("type") && event->at("type") == "bye")
      return std::nullopt;  // the server's own end
  }
}

std::optional<double> age_of_stream(const Examination& exam) {
  Ask request{std::string("/rt/v1/sse?") + kParameters + "&word=" + fresh_word()};
  request.version = exam.known.version;
  request.headers = {exam.authorization(), "Accept: text/event-stream"};
  request.limit = seconds(exam.settings.lifetime_s);
  const auto answer = ask(exam.way, request);
  const auto events = events_in(answer);
  if (events.empty() || events.back().type == "bye") return std::nullopt;
  switch (answer.trouble.kind) {
    case Trouble::Kind::kTimeout:
    case Trouble::Kind::kInterrupted:
    case Trouble::Kind::kTooMuch:  // a busy account
      return std::nullopt;
    default:
      return answer.seconds;
  }
}

Finding judge(const char* transport, bool tried, std::optional<double> age, int lifetime_s) {
  const auto probe = std::string("lifetime, ") + transport;
  if (!tried) return {probe, State::kSkipped, "does not work"};
  if (!age || *age > lifetime_s - kEarly_s)
    return {probe, State::kOk, "not cut within " + std::to_string(lifetime_s) + " s"};
  return {probe,
          State::kBad,
          "cut at the age of " + std::to_string(static_cast<int>(*age + 0.5)) + " s",
          Symptom::kLifeCut,
          transport,
          *age};
}

}  // namespace

Findings probe_lifetime(Examination& exam) {
  const auto lifetime_s = exam.settings.lifetime_s;
  if (lifetime_s == 0) return {};
  if (exam.known.token.empty()) return {{"lifetime", State::kSkipped, "needs an account"}};
  std::optional<double> websocket, sse;
  {
    std::vector<std::jthread> waiting;
    if (exam.known.websocket) waiting.emplace_back([&] { websocket = age_of_websocket(exam); });
    if (exam.known.sse) waiting.emplace_back([&] { sse = age_of_stream(exam); });
  }
  return {judge("WebSocket", exam.known.websocket, websocket, lifetime_s),
          judge("SSE", exam.known.sse, sse, lifetime_s)};
}

}  // namespace fairlead::doctor
