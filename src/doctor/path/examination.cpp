#include "doctor/path/examination.h"

#include "core/random.h"
#include "protocol/json.h"

namespace fairlead::doctor {
namespace {

constexpr std::size_t kWordBytes = 6;

Symptom general_symptom(const Trouble& trouble, Symptom otherwise) {
  switch (trouble.kind) {
    case Trouble::Kind::kResolve:
      return Symptom::kNoName;
    case Trouble::Kind::kProxy:
      return Symptom::kProxyAway;
    case Trouble::Kind::kProxyAuth:
      return Symptom::kProxyAuth;
    case Trouble::Kind::kTunnel:
      return Symptom::kTunnelRefused;
    case Trouble::Kind::kConnect:
      return Symptom::kUnreachable;
    case Trouble::Kind::kCertificate:
      return Symptom::kCertificate;
    case Trouble::Kind::kTls:
      return Symptom::kTls;
    default:
      return otherwise;
  }
}

}  // namespace

Answer Examination::ask(Ask request) {
  if (request.version == Version::kHttp1) request.version = known.version;
  auto answer = doctor::ask(way, request);
  known.products.merge(answer.products());
  return answer;
}

std::string fresh_word() {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string word;
  for (const auto byte : random_bytes(kWordBytes)) {
    word += kDigits[static_cast<unsigned char>(byte) >> 4U];
    word += kDigits[static_cast<unsigned char>(byte) & 0xfU];
  }
  return word;
}

bool fits_a_header(const std::string& text) {
  for (const auto c : text) {
    if (c <= ' ' || c >= 0x7f || c == ',') return false;
  }
  return true;
}

std::string problem_code(const Answer& answer) {
  if (!answer.header("content-type").value_or("").starts_with("application/problem+json"))
    return {};
  const auto body = protocol::parse_object(answer.body);
  if (!body || !body->contains("code") || !body->at("code").is_string()) return {};
  return body->at("code").get<std::string>();
}

bool is_asked_who(const Answer& answer) {
  return answer.status == 401 && problem_code(answer) == "unauthorized";
}

Finding failure(std::string probe, const Trouble& trouble, Symptom otherwise) {
  const auto symptom = general_symptom(trouble, otherwise);
  auto text = trouble.text;
  if (symptom == Symptom::kTunnelRefused) text = std::to_string(trouble.status);
  return {std::move(probe), State::kBad, trouble.text, symptom, text};
}

Finding failure(std::string probe, const Answer& answer, Symptom otherwise) {
  if (answer.trouble && answer.status == 0) {
    auto finding = failure(std::move(probe), answer.trouble, otherwise);
    finding.by = answer.products();
    if (finding.symptom == otherwise) finding.subject = finding.detail = outcome(answer);
    return finding;
  }
  auto symptom = otherwise;
  auto subject = outcome(answer);
  if (answer.status == 407) symptom = Symptom::kProxyAuth;
  if (answer.status == 502 || answer.status == 503 || answer.status == 504)
    symptom = Symptom::kNobodyHome;
  if (answer.status / 100 == 3 && answer.header("location")) {
    symptom = Symptom::kRedirected;
    subject = *answer.header("location");
  }
  return {std::move(probe), State::kBad, outcome(answer), symptom, subject, 0, answer.products()};
}

}  // namespace fairlead::doctor
