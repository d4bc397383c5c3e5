#include <algorithm>
#include <cctype>

#include "doctor/path/client_address.h"
#include "doctor/path/door.h"
#include "doctor/path/probes.h"
#include "protocol/json.h"

namespace fairlead::doctor {
namespace {

constexpr std::size_t kNamesMax = 100;

Ask hello_request() {
  Ask request{"/rt/v1/hello?word=" + fresh_word()};
  request.headers = {"Authorization: Bearer doctor",   "Last-Event-ID: 0",
                     "X-Request-Id: doctor",           "X-HTTP-Method-Override: GET",
                     "Idempotency-Key: doctor",        "X-Api-Key: doctor",
                     "Origin: https://doctor.invalid", "Cookie: doctor=1",
                     "Sec-WebSocket-Protocol: doctor"};
  return request;
}

// Fills in what the control told. False: that was no Fairlead.
bool learn(const Answer& answer, Known& known) {
  if (answer.status != 200 || answer.trouble) return false;
  const auto body = protocol::parse_object(answer.body);
  if (!body || !body->contains("transports") || !body->contains("server_time") ||
      !body->contains("headers") || !body->at("headers").is_array()) {
    return false;
  }
  for (const auto& name : body->at("headers")) {
    if (!name.is_string() || known.header_names.size() >= kNamesMax) continue;
    auto text = name.get<std::string>();
    for (auto& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    known.header_names.push_back(std::move(text));
  }
  const auto text_of = [&](const protocol::Json& object, const char* key) {
    return object.is_object() && object.contains(key) && object.at(key).is_string()
               ? object.at(key).get<std::string>()
               : std::string();
  };
  known.http_version = text_of(*body, "http_version");
  if (body->contains("network")) known.network = text_of(body->at("network"), "key");
  known.local_ip = answer.local_ip;
  known.peer_ip = answer.peer_ip;
  known.products.merge(recognize_request(known.header_names));
  return known.reached = true;
}

std::string names_of(const Products& products) {
  std::string all;
  for (const auto product : products)
    all += (all.empty() ? "" : ", ") + std::string(name_of(product));
  return all;
}

Finding client_address(const Examination& exam) {
  const auto& known = exam.known;
  const bool arrived = std::find(known.header_names.begin(), known.header_names.end(),
                                 "x-real-ip") != known.header_names.end();
  const bool by_reverse_proxy =
      std::any_of(known.products.begin(), known.products.end(), stands_before_servers);
  const auto symptom = judge_client_address(
      {known.network, known.peer_ip, arrived, !exam.way.proxy.empty(), by_reverse_proxy});
  if (symptom == Symptom::kNone)
    return {"address", State::kOk, "the server sees this client in " + known.network};
  return {"address", State::kBad, "the server sees this client as " + known.network, symptom,
          known.network};
}

Finding upstream_version(const Known& known) {
  if (known.http_version == "1.0")
    return {"upstream", State::kBad, "the server is asked in HTTP/1.0", Symptom::kHttp10};
  return {"upstream", State::kOk, "the server is asked in HTTP/" + known.http_version};
}

}  // namespace

Findings probe_control(Examination& exam) {
  Findings findings;
  auto answer = exam.ask(hello_request());
  if (!learn(answer, exam.known)) {
    auto again = hello_request();
    again.version = Version::kHttp2;
    const auto by_http2 = exam.ask(again);
    if (!learn(by_http2, exam.known) || !by_http2.http2)
      return {failure("hello", answer, Symptom::kNotFairlead)};
    exam.known.version = Version::kHttp2;
    findings.push_back({"http/1.1", State::kBad, outcome(answer) + "; HTTP/2 works",
                        Symptom::kHttp1Refused, outcome(answer)});
  }
  exam.known.products.merge(who_is_at_the_door(exam.way));
  const auto& products = exam.known.products;
  findings.push_back({"hello", State::kOk,
                      "a Fairlead" + (products.empty() ? std::string(", no proxy shows itself")
                                                       : "; on the way: " + names_of(products))});
  if (exam.way.url.tls && exam.known.version == Version::kHttp1) {
    auto again = hello_request();
    again.version = Version::kHttp2;
    exam.known.http2 = exam.ask(again).http2;
    findings.push_back({"http/2", State::kOk, exam.known.http2 ? "offered" : "not offered"});
  }
  findings.push_back(upstream_version(exam.known));
  findings.push_back(client_address(exam));
  return findings;
}

}  // namespace fairlead::doctor
