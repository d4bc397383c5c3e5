#include "doctor/path/path.h"

#include "doctor/path/probes.h"
#include "doctor/way/interrupt.h"

namespace fairlead::doctor {
namespace {

struct Probe {
  const char* doing;
  Findings (*run)(Examination&);
  bool needs_server;  // makes no sense before a Fairlead has answered
};

constexpr Probe kProbes[] = {
    {"addresses", probe_addresses, false}, {"control", probe_control, false},
    {"requests", probe_requests, true},    {"sizes", probe_sizes, true},
    {"account", probe_account, true},      {"websocket", probe_websocket, true},
    {"event stream", probe_sse, true},     {"long poll", probe_poll, true},
    {"silence", probe_silence, true},      {"lifetime", probe_lifetime, true},
};

bool is_lost(const Findings& findings) {
  for (const auto& finding : findings) {
    switch (finding.symptom) {
      case Symptom::kNoName:
      case Symptom::kUnreachable:
      case Symptom::kProxyAway:
      case Symptom::kCertificate:
      case Symptom::kTls:
        return true;
      default:
        break;
    }
  }
  return false;
}

}  // namespace

int usual_seconds(const Settings& settings) {
  return 5 + settings.idle_s + settings.lifetime_s;
}

void examine(Examination& exam,
             const std::function<void(std::string_view what, double share)>& doing,
             const std::function<void(const Findings&)>& found) {
  double done = 0;
  for (const auto& probe : kProbes) {
    if (probe.needs_server && !exam.known.reached) break;
    doing(probe.doing, done++ / static_cast<double>(std::size(kProbes)));
    const auto findings = probe.run(exam);
    if (interrupted()) break;
    found(findings);
    if (is_lost(findings)) break;
  }
  if (!interrupted()) sign_out(exam);
}

}  // namespace fairlead::doctor
