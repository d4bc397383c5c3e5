#include <functional>

#include "doctor/path/probes.h"

namespace fairlead::doctor {
namespace {

// What clients may need: a token, cookies of the site around it; the longest message (4,000
// characters, all escaped).
constexpr std::size_t kUrlBytes = 2048;
constexpr std::size_t kHeaderBytes = 4096;
constexpr std::size_t kBodyBytes = 64'000;
constexpr int kHalvings = 5;

struct Size {
  const char* probe;
  Symptom symptom;
  std::size_t needed;
  std::function<Ask(std::size_t)> request;
  std::function<bool(const Answer&)> passed;
};

bool is_control(const Answer& answer) {
  return answer.status == 200 && answer.body.find("\"server_time\"") != std::string::npos;
}

Finding try_size(Examination& exam, const Size& size) {
  const auto answer = exam.ask(size.request(size.needed));
  if (size.passed(answer))
    return {size.probe, State::kOk, std::to_string(size.needed) + " bytes pass"};
  std::size_t passes = 0;
  auto fails = size.needed;
  for (int i = 0; i < kHalvings; ++i) {
    const auto middle = (passes + fails) / 2;
    (size.passed(exam.ask(size.request(middle))) ? passes : fails) = middle;
  }
  const bool is_kept_badly = size.symptom == Symptom::kBodyLimit && answer.status == 500;
  return {size.probe,
          State::kBad,
          std::to_string(size.needed) + " bytes: " + outcome(answer) + "; " +
              std::to_string(passes) + " pass",
          is_kept_badly ? Symptom::kBodyUnkept : size.symptom,
          {},
          static_cast<double>(passes),
          answer.products()};
}

}  // namespace

Findings probe_sizes(Examination& exam) {
  const Size sizes[] = {
      {"url", Symptom::kUrlLimit, kUrlBytes,
       [&](std::size_t bytes) {
         const std::string target = "/rt/v1/hello?pad=";
         const auto have = exam.way.url.prefix.size() + target.size();
         return Ask{target + std::string(bytes > have ? bytes - have : 0, 'x')};
       },
       is_control},
      {"header", Symptom::kHeaderLimit, kHeaderBytes,
       [](std::size_t bytes) {
         return Ask{"/rt/v1/hello", "GET", {"X-Doctor-Padding: " + std::string(bytes, 'x')}};
       },
       is_control},
      {"body", Symptom::kBodyLimit, kBodyBytes,
       [](std::size_t bytes) {
         return Ask{
             "/api/v1/tickets", "POST", {}, "{\"padding\":\"" + std::string(bytes, 'x') + "\"}"};
       },
       is_asked_who},
  };
  Findings findings;
  for (const auto& size : sizes) findings.push_back(try_size(exam, size));
  return findings;
}

}  // namespace fairlead::doctor
