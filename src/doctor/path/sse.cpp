#include "doctor/path/event_stream.h"
#include "doctor/path/probes.h"
#include "protocol/json.h"

namespace fairlead::doctor {
namespace {

constexpr auto kLimit = std::chrono::seconds(4);
constexpr auto kRetryLimit = std::chrono::seconds(3);
constexpr auto kEndLimit = std::chrono::seconds(8);
constexpr int kPaddings[] = {2048, 16'384};

// A stream, as far as it was listened to, and the answer to hello's word, which was sent meanwhile.
struct Heard {
  Answer stream;
  Answer proof;
};

Ask stream_request(const Examination& exam, const std::string& parameters) {
  Ask request{"/rt/v1/sse?events=durable&word=" + fresh_word() + parameters};
  request.headers = {exam.authorization(), "Accept: text/event-stream"};
  request.limit = kRetryLimit;
  return request;
}

// Until the second event has come.
Heard listen(Examination& exam, Ask request) {
  Heard heard;
  request.enough = [&](const Answer& answer) {
    const auto events = events_in(answer);
    if (events.size() < 2) return false;
    const protocol::Json body = {{"session", events[0].session}, {"probe", events[0].probe}};
    heard.proof = exam.ask({"/rt/v1/probe", "POST", {exam.authorization()}, protocol::dump(body)});
    return true;
  };
  heard.stream = exam.ask(std::move(request));
  return heard;
}

Ask posted(const Examination& exam) {
  auto request = stream_request(exam, "");
  request.target = "/rt/v1/sse";
  request.method = "POST";
  request.body = "{\"events\":\"durable\"}";
  return request;
}

Finding bad(Symptom symptom, std::string detail, const Answer& answer, double value = 0) {
  return {"sse",           State::kBad, std::move(detail), symptom,
          outcome(answer), value,       answer.products()};
}

bool streams(Examination& exam, const Ask& request) {
  const auto pace = look_at(listen(exam, request).stream).pace;
  return pace == Pace::kWell || pace == Pace::kDelayed;
}

Finding compressed(const StreamLook& look, const Answer& answer, bool is_why) {
  return {"sse",
          is_why ? State::kBad : State::kNote,
          "compressed with " + look.encoding + (is_why ? "; uncompressed they stream" : ""),
          Symptom::kSseCompressed,
          look.encoding,
          0,
          answer.products()};
}

// Held back: until when? From the mildest to the worst.
Findings how_long_held(Examination& exam, const Answer& answer) {
  for (const auto bytes : kPaddings) {
    if (streams(exam, stream_request(exam, "&padding=" + std::to_string(bytes)))) {
      return {bad(Symptom::kSseHeldUntil,
                  "events are held until " + std::to_string(bytes) + " bytes have come", answer,
                  bytes)};
    }
  }
  if (streams(exam, posted(exam)))
    return {bad(Symptom::kSseHeldButPost, "events are held by GET, not by POST", answer)};
  auto short_lived = stream_request(exam, "&max_life=1");
  short_lived.limit = kEndLimit;
  const auto ended = exam.ask(short_lived);  // to its end
  const auto look = look_at(ended);
  Findings findings{bad(Symptom::kSseHeld,
                        events_in(ended).empty() ? "no event arrives, not even when the stream ends"
                                                 : "events are held until the stream ends",
                        ended)};
  // The head, which tells, was held back too.
  if (!look.encoding.empty()) findings.push_back(compressed(look, ended, false));
  return findings;
}

Finding behind(Examination& exam, const Answer& answer) {
  const bool flushed = streams(exam, stream_request(exam, "&flush=1"));
  return bad(Symptom::kSseBehind,
             std::string("hello arrives, the next event does not") +
                 (flushed ? "; with flush=1 it does" : ""),
             answer);
}

// Whether the compressor alone holds the events back.
bool streams_uncompressed(Examination& exam) {
  auto plain = stream_request(exam, "");
  plain.headers.push_back("Accept-Encoding: identity");
  return streams(exam, plain);
}

Finding proven(Examination& exam, const Answer& proof) {
  if (proof.status != 204) {
    return {"sse",
            State::kBad,
            "events come, but the word by POST: " + outcome(proof),
            Symptom::kSseProof,
            outcome(proof),
            0,
            proof.products()};
  }
  exam.known.sse = true;
  return {"sse", State::kOk, "both events came in time, and their word by POST was taken"};
}

Findings judge_pace(Examination& exam, const Heard& heard, const StreamLook& look) {
  const auto& answer = heard.stream;
  switch (look.pace) {
    case Pace::kRefused:
      return {failure("sse", answer, Symptom::kSseRefused)};
    case Pace::kHeld:
      return how_long_held(exam, answer);
    case Pace::kBehind:
      return {behind(exam, answer)};
    case Pace::kDelayed: {
      auto finding =
          bad(Symptom::kSseDelayed, "events arrive late, several at once", answer, look.delay_s);
      finding.state = State::kNote;
      return {finding};
    }
    case Pace::kWell:
      return {proven(exam, heard.proof)};
  }
  return {};
}

Findings judge(Examination& exam, const Heard& heard) {
  const auto look = look_at(heard.stream);
  if (look.encoding.empty()) return judge_pace(exam, heard, look);
  if (look.pace != Pace::kWell && streams_uncompressed(exam))
    return {compressed(look, heard.stream, true)};
  auto findings = judge_pace(exam, heard, look);
  findings.push_back(compressed(look, heard.stream, false));
  return findings;
}

}  // namespace

Findings probe_sse(Examination& exam) {
  if (exam.known.token.empty()) return {{"sse", State::kSkipped, "needs an account"}};
  auto request = stream_request(exam, "");
  request.limit = kLimit;
  auto findings = judge(exam, listen(exam, request));
  if (!exam.known.http2 || exam.known.version == Version::kHttp2) return findings;
  // Browsers use HTTP/2 for it where they can; proxies buffer that differently.
  request = stream_request(exam, "");
  request.version = Version::kHttp2;
  for (auto& finding : judge(exam, listen(exam, request))) {
    finding.probe = "sse, http/2";
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace fairlead::doctor
