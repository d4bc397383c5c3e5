#include "doctor/path/probes.h"
#include "protocol/json.h"

namespace fairlead::doctor {
namespace {

Finding refused(const std::string& what, const std::string& remedy) {
  return {"account", State::kBad, what, Symptom::kAccount, what, 0, {}, remedy};
}

Finding sign_in(Examination& exam) {
  const auto& credentials = exam.credentials;
  const bool guest = credentials.guest;
  const protocol::Json body = {
      {"name", guest ? "doctor-" + fresh_word() : credentials.user},
      {"password", guest ? fresh_word() + fresh_word() : credentials.password}};
  const auto answer =
      exam.ask({guest ? "/api/v1/users" : "/api/v1/sessions", "POST", {}, protocol::dump(body)});
  const auto said = protocol::parse_object(answer.body);
  if (answer.status != 201 || !said || !said->contains("token") || !said->at("token").is_string()) {
    const auto code = problem_code(answer);
    return refused((guest ? "signing up: " : "signing in: ") + outcome(answer) +
                       (code.empty() ? "" : " " + code),
                   guest ? "The server takes no sign-ups from here: give --user and "
                           "--password-file, or --token-file."
                         : "Check --user and --password-file.");
  }
  auto token = said->at("token").get<std::string>();
  if (!fits_a_header(token))
    return refused("the token that came has characters that no token has",
                   "That is no answer of Fairlead: see who else answers at this URL.");
  exam.known.token = std::move(token);
  return {"account", State::kOk,
          guest ? "a guest was signed up: " + body.at("name").get<std::string>() : "signed in"};
}

}  // namespace

Findings probe_account(Examination& exam) {
  const auto& credentials = exam.credentials;
  if (!credentials.token.empty()) {
    exam.known.token = credentials.token;
  } else if (credentials.guest || !credentials.user.empty()) {
    auto finding = sign_in(exam);
    if (finding.state != State::kOk) return {finding};
  } else {
    return {{"account", State::kSkipped,
             "none given: --guest, --user with --password-file, or --token-file"}};
  }
  const auto me = exam.ask({"/api/v1/users/me", "GET", {exam.authorization()}});
  if (me.status == 200)
    return {{"account", State::kOk,
             credentials.guest ? "a guest was signed up (accounts stay)" : "it works"}};
  exam.known.token.clear();
  return {refused("GET /api/v1/users/me: " + outcome(me),
                  "Is the token valid, and does Authorization arrive at the server?")};
}

void sign_out(Examination& exam) {
  if (exam.known.token.empty() || !exam.credentials.token.empty()) return;
  exam.ask({"/api/v1/sessions/current",
            "POST",
            {exam.authorization(), "X-HTTP-Method-Override: DELETE"}});
}

}  // namespace fairlead::doctor
