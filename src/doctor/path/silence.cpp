#include <algorithm>
#include <thread>

#include "doctor/path/event_stream.h"
#include "doctor/path/polls.h"
#include "doctor/path/probes.h"
#include "doctor/path/websocket_talk.h"
#include "protocol/json.h"

namespace fairlead::doctor {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kGrace{5};        // for a heartbeat or an answer to come late
constexpr double kAtOnce_s = 1;     // a ticket that is not good is refused sooner than that
constexpr double kEarly_s = 1;      // a cut so shortly before its time is no cut
constexpr double kTwiceOver = 1.7;  // a poll that outlives the way's patience so far was sent again

struct Silence {
  const char* transport;
  bool tried = false;
  bool cut = false;   // else it outlived the silence
  bool dead = false;  // no cut was heard of, and nothing else either
  bool replayed = false;
  double after_s = 0;
  std::string how = {};
  Products by = {};
};

double since(steady_clock::time_point begin) {
  return std::chrono::duration<double>(steady_clock::now() - begin).count();
}

std::string parameters(int idle_s) {
  return "events=durable&probe=0&heartbeat=" + std::to_string(idle_s) + "&word=" + fresh_word();
}

Silence silent_websocket(const Examination& exam) {
  Silence result{"WebSocket"};
  const auto limit = steady_clock::now() + seconds(exam.settings.idle_s) + 2 * kGrace;
  auto talk =
      WebSocketTalk::open(exam.way, exam.known.token, parameters(exam.settings.idle_s), limit);
  if (!talk || talk->handshake(limit).status != 101) return result;
  auto last = steady_clock::now();
  for (std::string text;;) {
    const auto next = talk->next(text, limit);
    if (next == WebSocketTalk::Next::kMessage) {
      const auto event = protocol::parse_object(text);
      result.tried = true;
      if (event && event->contains("type") && event->at("type") == "heartbeat") return result;
      last = steady_clock::now();
      continue;
    }
    result.after_s = since(last);
    (next == WebSocketTalk::Next::kClosed ? result.cut : result.dead) = true;
    result.how = result.cut ? "closed" : "no heartbeat";
    return result;
  }
}

Silence silent_stream(const Examination& exam) {
  Silence result{"SSE"};
  Ask request{"/rt/v1/sse?" + parameters(exam.settings.idle_s)};
  request.version = exam.known.version;
  request.headers = {exam.authorization(), "Accept: text/event-stream"};
  request.limit = seconds(exam.settings.idle_s) + kGrace;
  request.enough = [](const Answer& answer) {
    const auto events = events_in(answer);
    return !events.empty() && events.back().type == "heartbeat";
  };
  const auto answer = ask(exam.way, request);
  const auto events = events_in(answer);
  result.tried = !events.empty();
  if (!result.tried || answer.enough) return result;
  result.after_s = answer.seconds - events.back().at_s;
  (answer.trouble.kind == Trouble::Kind::kTimeout ? result.dead : result.cut) = true;
  result.how = result.cut ? "closed" : "no heartbeat";
  result.by = answer.products();
  return result;
}

// A ticket is good for one request: a copy of it that the way makes is refused, and that shows.
std::string ticket(const Examination& exam) {
  const auto answer =
      ask(exam.way, {"/api/v1/tickets", "POST", {exam.authorization()}, "", exam.known.version});
  const auto body = protocol::parse_object(answer.body);
  if (answer.status != 201 || !body || !body->contains("ticket") || !body->at("ticket").is_string())
    return {};
  const auto text = body->at("ticket").get<std::string>();
  return text.find_first_of("&?# \r\n") == text.npos && text.size() <= 512 ? text : std::string();
}

Silence silent_poll(const Examination& exam) {
  Silence result{"a held poll"};
  const auto& known = exam.known;
  const auto first = read_poll(ask(
      exam.way, {"/rt/v1/poll?events=durable", "GET", {exam.authorization()}, "", known.version}));
  if (!first) return result;
  Ask request{held_poll(*first, exam.settings.idle_s)};
  request.version = known.version;
  const auto once = ticket(exam);
  if (once.empty()) {
    request.headers = {exam.authorization()};
  } else {
    request.target += "&ticket=" + once;
  }
  request.limit = 2 * (seconds(exam.settings.idle_s) + kGrace);
  const auto answer = ask(exam.way, request);
  const auto polled = read_poll(answer);
  result.tried = true;
  result.after_s = answer.seconds;
  result.by = answer.products();
  result.how = outcome(answer);
  if (polled) {
    result.replayed = polled->superseded;
  } else if (!once.empty() && is_asked_who(answer) && answer.seconds > kAtOnce_s) {
    result.replayed = true;
    result.how = "its single-use ticket was shown a second time";
  } else if (answer.status == 0 && answer.trouble.kind == Trouble::Kind::kTimeout) {
    result.dead = true;
  } else {
    result.cut = true;
  }
  return result;
}

std::string seconds_text(double value) {
  const auto tenths = static_cast<int>(value * 10 + 0.5);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

Finding judge(const Silence& silence, int idle_s) {
  const std::string probe = std::string("silence, ") + silence.transport;
  if (!silence.tried) return {probe, State::kSkipped, "does not work even when it is not silent"};
  if (silence.replayed) {
    return {probe,
            State::kBad,
            "asked once, it reached the server again after " + seconds_text(silence.after_s) +
                ": " + silence.how,
            Symptom::kPollReplayed,
            silence.transport,
            silence.after_s,
            silence.by};
  }
  const bool on_time =
      silence.cut && silence.after_s > idle_s - kEarly_s && silence.how == "closed";
  if ((silence.cut && !on_time) || silence.dead) {
    return {probe,
            State::kBad,
            "cut after " + seconds_text(silence.after_s) + " (" + silence.how + ")",
            Symptom::kIdleCut,
            silence.transport,
            silence.after_s,
            silence.by};
  }
  return {probe, State::kOk, std::to_string(idle_s) + " s without a byte pass"};
}

// A poll that fails only after twice the time in which streams are cut was tried twice.
void compare(Silence& poll, const std::vector<Silence>& streams) {
  if (!poll.cut) return;
  for (const auto& stream : streams) {
    if (stream.cut && stream.after_s > kAtOnce_s && poll.after_s > kTwiceOver * stream.after_s) {
      poll.replayed = true;
      poll.how += ", after twice the time in which a stream is cut";
    }
  }
}

}  // namespace

Findings probe_silence(Examination& exam) {
  if (exam.settings.idle_s == 0) return {};
  if (exam.known.token.empty()) return {{"silence", State::kSkipped, "needs an account"}};
  Silence websocket{"WebSocket"}, sse{"SSE"}, poll{"a held poll"};
  {
    std::vector<std::jthread> waiting;
    if (exam.known.websocket) waiting.emplace_back([&] { websocket = silent_websocket(exam); });
    if (exam.known.sse) waiting.emplace_back([&] { sse = silent_stream(exam); });
    if (exam.known.poll) waiting.emplace_back([&] { poll = silent_poll(exam); });
  }
  compare(poll, {websocket, sse});
  Findings findings;
  for (const auto* silence : {&websocket, &sse, &poll})
    findings.push_back(judge(*silence, exam.settings.idle_s));
  return findings;
}

}  // namespace fairlead::doctor
