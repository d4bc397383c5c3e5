#include <algorithm>
#include <thread>

#include "doctor/path/probes.h"
#include "protocol/json.h"

namespace fairlead::doctor {
namespace {

constexpr auto kLimit = std::chrono::seconds(5);
constexpr auto kBetweenTwins = std::chrono::milliseconds(50);  // server_time has milliseconds

struct HeaderField {
  const char* name;
  State lost;  // how bad it is
};
// What the control is asked with, and who misses it: note where there is another way (query, body).
constexpr HeaderField kFields[] = {
    {"authorization", State::kBad},
    {"last-event-id", State::kNote},
    {"x-http-method-override", State::kNote},
    {"idempotency-key", State::kNote},
    {"x-api-key", State::kNote},
    {"origin", State::kNote},
    {"x-request-id", State::kNote},
    {"sec-websocket-protocol", State::kBad},
};

Findings lost_fields(const Known& known) {
  Findings findings;
  for (const auto& field : kFields) {
    if (std::find(known.header_names.begin(), known.header_names.end(), field.name) !=
        known.header_names.end()) {
      continue;
    }
    findings.push_back({"headers", field.lost, std::string(field.name) + " does not arrive",
                        Symptom::kHeaderLost, field.name});
  }
  if (findings.empty()) {
    findings.push_back(
        {"headers", State::kOk, "Authorization, Last-Event-ID and the others arrive"});
  }
  return findings;
}

struct Call {
  const char* method;
  const char* target;
};
// Each is answered by the server with 401 unauthorized, if it arrives as what it is.
constexpr Call kCalls[] = {{"PUT", "/api/v1/presence"},
                           {"PATCH", "/api/v1/users/me"},
                           {"DELETE", "/api/v1/sessions/current"}};

bool arrives(Examination& exam, Ask request, Answer* answer = nullptr) {
  request.limit = kLimit;
  auto got = exam.ask(std::move(request));
  const bool well = is_asked_who(got);
  if (answer != nullptr) *answer = std::move(got);
  return well;
}

Findings lost_methods(Examination& exam) {
  Answer answer;
  if (!arrives(exam, {"/api/v1/tickets", "POST"}, &answer))
    return {failure("methods", answer, Symptom::kPostRefused)};
  Findings findings;
  for (const auto& call : kCalls) {
    if (arrives(exam, {call.target, call.method, {}, call.method[0] == 'D' ? "" : "{}"}, &answer))
      continue;
    const bool override_works = arrives(
        exam, {call.target, "POST", {std::string("X-HTTP-Method-Override: ") + call.method}, "{}"});
    findings.push_back(
        {"methods", override_works ? State::kNote : State::kBad,
         std::string(call.method) + ": " + outcome(answer) +
             (override_works ? "; as POST with X-HTTP-Method-Override it arrives" : ""),
         Symptom::kMethodRefused, call.method, 0, answer.products()});
  }
  if (findings.empty())
    findings.push_back({"methods", State::kOk, "GET, POST, PUT, PATCH, DELETE arrive"});
  return findings;
}

std::string server_time(const Answer& answer) {
  const auto body = protocol::parse_object(answer.body);
  if (!body || !body->contains("server_time") || !body->at("server_time").is_string()) return {};
  return body->at("server_time").get<std::string>();
}

Finding cached(Examination& exam) {
  const Ask twin{"/rt/v1/hello"};
  const auto first = exam.ask(twin);
  std::this_thread::sleep_for(kBetweenTwins);
  const auto second = exam.ask(twin);
  const auto time = server_time(first);
  if (time.empty() || server_time(second).empty())
    return {"cache", State::kSkipped, "the control was not answered twice"};
  if (time == server_time(second)) {
    return {"cache",          State::kBad, "two requests got the same answer, of " + time,
            Symptom::kCached, {},          0,
            second.products()};
  }
  return {"cache", State::kOk, "two requests get two answers"};
}

}  // namespace

Findings probe_requests(Examination& exam) {
  auto findings = lost_fields(exam.known);
  auto methods = lost_methods(exam);
  findings.insert(findings.end(), methods.begin(), methods.end());
  findings.push_back(cached(exam));
  return findings;
}

}  // namespace fairlead::doctor
