#include "load/bench.h"

#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <functional>
#include <optional>

#include "load/crowd.h"
#include "load/progress.h"
#include "load/publisher.h"
#include "load/report.h"
#include "load/site.h"
#include "load/trial.h"

namespace fairlead::load {
namespace {

void complain(const std::string& what) {
  std::fprintf(stderr, "fairlead bench: %s\n", what.c_str());
}

// As many as the shell allows. False: not enough, and it has been said.
bool enough_descriptors(const Plan& plan) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return true;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const auto needed = descriptors_needed(plan);
  if (needed <= limit.rlim_max) return true;
  complain(std::to_string(plan.options.receivers) + " receivers need " + std::to_string(needed) +
           " file descriptors, this shell allows " + std::to_string(limit.rlim_max) +
           ": `ulimit -n " + std::to_string(needed) +
           "` first (as root, or in limits.conf), or fewer --receivers");
  return false;
}

Row measure(Loop& loop, const Endpoint& endpoint, const Plan& plan, const Site& site,
            Transport transport, Progress& progress, std::uint64_t& trials) {
  Crowd crowd(loop, endpoint, site.audience(), transport,
              static_cast<std::size_t>(plan.options.receivers));
  Loop::Timer timer;
  const std::function<void()> tick = [&] {
    progress.show(name_of(transport),
                  static_cast<double>(crowd.live()) / static_cast<double>(crowd.size()),
                  "connecting " + in_thousands(crowd.size()));
    timer = loop.after(std::chrono::milliseconds(200), tick);
  };
  tick();
  const auto connected = crowd.connect();
  loop.cancel(timer);
  if (!connected) {
    Row row{transport, crowd.size()};
    row.error = explain(connected.error(), plan.url);
    row.interrupted = connected.error().kind == Failure::Kind::kInterrupted;
    return row;
  }
  Publisher publisher(loop, endpoint,
                      {site.senders(), site.audience().room, site.run(),
                       static_cast<std::size_t>(plan.options.payload_bytes),
                       static_cast<std::size_t>(plan.senders)});
  publisher.warm_up();
  const Cast cast{loop, crowd, publisher, progress, plan, site.run(), trials};
  if (!plan.options.saturate) return run_trial(cast, transport, plan.options.rate, plan.seconds);
  progress.say(std::string(name_of(transport)) +
               ": looking for the highest rate with a p99 of at most 100 ms");
  return saturate(cast, transport);
}

int measure_all(Loop& loop, const Endpoint& endpoint, const Plan& plan, const Site& site,
                Progress& progress) {
  std::vector<Row> rows;
  std::uint64_t trials = 0;
  for (const auto transport : plan.transports) {
    rows.push_back(measure(loop, endpoint, plan, site, transport, progress, trials));
    const auto& row = rows.back();
    progress.say(summary(row));
    if (plan.options.json) {
      std::printf("%s\n", json_line(row, plan).c_str());
      std::fflush(stdout);
    }
    if (row.interrupted) break;
  }
  if (!plan.options.json) std::printf("\n%s", table(rows).c_str());
  std::fflush(stdout);
  bool fine = true;
  for (const auto& row : rows) {
    fine = fine && row.fine() && !row.interrupted;
    if (!row.error.empty()) continue;  // said by the summary
    for (const auto& note : notes(row, plan)) progress.say(note);
  }
  return fine ? kExitFine : kExitWrong;
}

}  // namespace

int bench(const Options& options) {
  const auto plan = make_plan(options);
  if (!plan) {
    complain(plan.error() + " (fairlead bench --help)");
    return kExitUsage;
  }
  if (!enough_descriptors(*plan)) return kExitUsage;
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL

  std::optional<TlsContext> tls;
  if (plan->url.tls) tls.emplace(plan->url.host, options.insecure);
  const auto endpoint = resolve(plan->url, tls ? &*tls : nullptr);
  if (!endpoint) {
    complain(explain(endpoint.error(), plan->url));
    return kExitWrong;
  }
  Loop loop;
  Progress progress(stderr);
  Site site(loop, *endpoint, *plan, progress);
  const auto prepared = site.prepare();
  if (!prepared) {
    progress.clear();
    complain(explain(prepared.error(), plan->url));
  }
  const int code = prepared ? measure_all(loop, *endpoint, *plan, site, progress) : kExitWrong;
  site.clean_up();
  return code;
}

}  // namespace fairlead::load
