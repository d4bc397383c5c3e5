#include "doctor/path/polls.h"
#include "doctor/path/probes.h"

namespace fairlead::doctor {
namespace {

constexpr int kHold_s = 1;

Finding refused(const Answer& answer) {
  return failure("poll", answer, Symptom::kPollRefused);
}

}  // namespace

Findings probe_poll(Examination& exam) {
  if (exam.known.token.empty()) return {{"poll", State::kSkipped, "needs an account"}};
  // Twice the same: a cache would give the first one's session to the second.
  const Ask fresh{"/rt/v1/poll?events=durable", "GET", {exam.authorization()}};
  const auto first = exam.ask(fresh);
  const auto session = read_poll(first);
  if (!session) return {refused(first)};
  const auto second = exam.ask(fresh);
  const auto other = read_poll(second);
  if (!other) return {refused(second)};
  if (session->session == other->session) {
    return {{"poll",
             State::kBad,
             "two polls got the same session: the answer comes from a cache",
             Symptom::kCached,
             {},
             0,
             second.products()}};
  }
  Ask held{held_poll(*other, kHold_s), "GET", {exam.authorization()}};
  const auto answer = exam.ask(held);
  exam.known.poll = true;
  if (!read_poll(answer)) {
    return {{"poll", State::kBad, "one that was held: " + outcome(answer), Symptom::kIdleCut,
             "a held poll", answer.seconds, answer.products()}};
  }
  return {
      {"poll", State::kOk, "an answer at once, and one after " + std::to_string(kHold_s) + " s"}};
}

}  // namespace fairlead::doctor
