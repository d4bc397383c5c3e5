#include "doctor/verdict/verdict.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "doctor/verdict/meanings.h"

namespace fairlead::doctor {
namespace {

// The first alone explains the second, which is then no cause of its own.
struct Consequence {
  Symptom cause;
  Symptom effect;
};
constexpr Consequence kConsequences[] = {
    {Symptom::kSseHeldButPost, Symptom::kSseHeld},
    {Symptom::kSseHeldUntil, Symptom::kSseDelayed},
    {Symptom::kHttp1Refused, Symptom::kUpgradeRefused},
    {Symptom::kTunnelRefused, Symptom::kUpgradeRefused},
    {Symptom::kPostRefused, Symptom::kSseProof},
    {Symptom::kPostRefused, Symptom::kBodyLimit},
    {Symptom::kAddressUnknown, Symptom::kAddressOfProxy},
    {Symptom::kProxyAway, Symptom::kUnreachable},
};

std::string number(double value) {
  const auto text = std::to_string(value);
  const auto whole = static_cast<long long>(std::llround(value));
  if (std::abs(value - static_cast<double>(whole)) < 0.05 || value >= 100)
    return std::to_string(whole);
  return text.substr(0, text.find('.') + 2);
}

std::string filled(std::string_view pattern, const std::string& subject, double value) {
  std::string out;
  while (!pattern.empty()) {
    const auto brace = std::min(pattern.find('{'), pattern.size());
    out += pattern.substr(0, brace);
    pattern.remove_prefix(brace);
    if (pattern.starts_with("{subject}")) {
      out += subject;
      pattern.remove_prefix(9);
    } else if (pattern.starts_with("{value}")) {
      out += number(value);
      pattern.remove_prefix(7);
    } else if (!pattern.empty()) {
      out += '{';
      pattern.remove_prefix(1);
    }
  }
  return out;
}

// Findings of the same symptom are one cause: their subjects in a list, the smallest value.
struct Gathered {
  std::string subject;
  double value = 0;
  State severity = State::kNote;
  Products by;
};

void add(Gathered& all, const Finding& finding, bool first) {
  if (!finding.subject.empty() && all.subject.find(finding.subject) == std::string::npos) {
    all.subject += (all.subject.empty() ? "" : ", ") + finding.subject;
  }
  all.value = first ? finding.value : std::min(all.value, finding.value);
  if (finding.state == State::kBad) all.severity = State::kBad;
  all.by.insert(finding.by.begin(), finding.by.end());
}

std::vector<Remedy> remedies(Symptom symptom, const Gathered& all, const Products& on_the_way) {
  std::vector<Remedy> list;
  // Who gave the answer did it; only where that is not known, it may be anybody on the way.
  for (const auto* suspects : {&all.by, &on_the_way}) {
    for (const auto product : *suspects) {
      if (const auto* remedy = remedy_of(symptom, product)) {
        list.push_back(
            {std::string(name_of(product)), filled(remedy->change, all.subject, all.value)});
      }
    }
    if (!list.empty()) return list;
  }
  return {{"", filled(meaning_of(symptom).change, all.subject, all.value)}};
}

}  // namespace

std::vector<Cause> diagnose(const Findings& findings, const Products& on_the_way) {
  std::map<Symptom, Gathered> gathered;
  std::vector<Cause> causes;
  for (const auto& finding : findings) {
    if (finding.symptom == Symptom::kNone || finding.state == State::kSkipped) continue;
    if (!finding.remedy.empty()) {
      causes.push_back({finding.symptom, finding.state, finding.detail, {{"", finding.remedy}}});
      continue;
    }
    const auto [it, first] = gathered.try_emplace(finding.symptom);
    add(it->second, finding, first);
  }
  for (const auto& [cause, effect] : kConsequences) {
    if (gathered.contains(cause)) gathered.erase(effect);
  }
  for (const auto& [symptom, all] : gathered) {
    causes.push_back({symptom, all.severity,
                      filled(meaning_of(symptom).what, all.subject, all.value),
                      remedies(symptom, all, on_the_way)});
  }
  std::stable_sort(causes.begin(), causes.end(), [](const Cause& a, const Cause& b) {
    if (a.severity != b.severity) return a.severity == State::kBad;
    return rank_of(a.symptom) < rank_of(b.symptom);
  });
  return causes;
}

}  // namespace fairlead::doctor
