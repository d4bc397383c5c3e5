#include "doctor/doctor.h"

#include <cstdio>
#include <cstdlib>

#include "doctor/host/host.h"
#include "doctor/path/path.h"
#include "doctor/preparation.h"
#include "doctor/report.h"
#include "doctor/way/interrupt.h"
#include "load/progress.h"

namespace fairlead::doctor {
namespace {

// Findings as they come: rows of the table, unless they are to be JSON at the end.
class Teller {
 public:
  explicit Teller(bool json) : json_(json), progress_(stderr) {}

  void doing(std::string_view what, double share) { progress_.show(what, share, ""); }
  void tell(const Findings& findings) {
    progress_.clear();
    for (const auto& finding : findings) {
      if (!json_) std::fputs(row(finding).c_str(), stdout);
    }
    std::fflush(stdout);
    all_.insert(all_.end(), findings.begin(), findings.end());
  }
  void say(const std::string& text) {
    if (!json_) std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  }
  const Findings& all() const { return all_; }

 private:
  bool json_;
  load::Progress progress_;
  Findings all_;
};

Products look_at_way(const Preparation& prepared, Teller& teller) {
  const auto& way = prepared.way;
  teller.say("The way to " + printable(way.url.text()) +
             (way.proxy.empty() ? "" : " through " + printable(without_password(way.proxy))) +
             ": about " + std::to_string(usual_seconds(prepared.settings)) +
             " s, longer where something is held back\n");
  Examination exam{way, prepared.settings, prepared.credentials};
  examine(
      exam, [&](std::string_view what, double share) { teller.doing(what, share); },
      [&](const Findings& findings) { teller.tell(findings); });
  return exam.known.products;
}

}  // namespace

int doctor(const Options& options) {
  const auto prepared = prepare(options, [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (value == nullptr) return std::nullopt;
    return value;
  });
  if (!prepared) {
    std::fprintf(stderr, "fairlead doctor: %s (fairlead doctor --help)\n",
                 prepared.error().c_str());
    return kExitNotRun;
  }
  catch_interrupts();
  Teller teller(options.json);
  Subject subject{options.url, without_password(prepared->way.proxy), {}};
  if (!options.url.empty()) subject.products = look_at_way(*prepared, teller);
  if (options.host && !interrupted()) {
    teller.say("This machine\n");
    teller.tell(look_at_host({options.nginx_conf, options.nginx_dump, options.sessions,
                              prepared->way.url.host, prepared->way.url.prefix}));
  }
  if (interrupted()) {
    std::fputs("fairlead doctor: interrupted\n", stderr);
    return kExitNotRun;
  }
  const auto causes = diagnose(teller.all(), subject.products);
  const auto text = options.json ? json_text(subject, teller.all(), causes)
                                 : "\n" + verdict_text(causes, teller.all());
  std::fputs(text.c_str(), stdout);
  for (const auto& cause : causes) {
    if (cause.severity == State::kBad) return kExitMend;
  }
  return kExitWell;
}

}  // namespace fairlead::doctor
