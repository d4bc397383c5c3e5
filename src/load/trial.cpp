#include "load/trial.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>

#include "load/rate_search.h"
#include "load/report.h"

namespace fairlead::load {
namespace {

constexpr auto kLossPatience = std::chrono::seconds(10);
constexpr auto kTick = std::chrono::milliseconds(200);
constexpr auto kCompleteCheck = std::chrono::milliseconds(10);
constexpr double kSaturated_ms = 100;
constexpr double kKeptUp = 0.95;  // of the rate asked for

double seconds_of(std::chrono::nanoseconds time) {
  return static_cast<double>(time.count()) / 1e9;
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

// Shows how far the trial is, until it goes out of scope.
class Ticker {
 public:
  Ticker(const Cast& cast, Transport transport, double seconds, const Tally& tally)
      : cast_(cast), transport_(transport), seconds_(seconds), tally_(tally) {
    tick();
  }
  ~Ticker() {
    cast_.loop.cancel(timer_);
    cast_.progress.clear();
  }
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  void tick() {
    const auto passed = seconds_of(std::chrono::steady_clock::now() - cast_.publisher.began());
    cast_.progress.show(name_of(transport_), passed / seconds_,
                        in_thousands(tally_.deliveries()) + " delivered to " +
                            in_thousands(cast_.crowd.size()) + ", p99 " +
                            milliseconds(tally_.latency().quantile_ms(0.99)) + " ms");
    timer_ = cast_.loop.after(kTick, [this] { tick(); });
  }

  const Cast& cast_;
  const Transport transport_;
  const double seconds_;
  const Tally& tally_;
  Loop::Timer timer_;
};

// Until everything has arrived, or nothing more comes.
void drain(Loop& loop, const Tally& tally) {
  const auto from = std::chrono::steady_clock::now();
  MonoTime next_check{};
  Loop::Timer wake;
  const std::function<void()> turn = [&] { wake = loop.after(kCompleteCheck, turn); };
  turn();
  loop.run_until([&] {
    const auto now = std::chrono::steady_clock::now();
    if (now - std::max(from, tally.last_arrival()) > kLossPatience) return true;
    if (now < next_check) return false;
    next_check = now + kCompleteCheck;
    return tally.complete();
  });
  loop.cancel(wake);
}

// Why this rate was too much; empty if it was not.
std::string verdict(const Row& row) {
  if (!row.counts.clean()) return "lost, repeated or out of order";
  if (row.failed > 0) return "sends failed";
  if (row.rate_limited > 0) return "rate limited";
  if (row.latency_ms.p99 > kSaturated_ms) return "p99 over 100 ms";
  if (row.sends_per_s < kKeptUp * row.asked_per_s) return kNoMoreSends;
  return "";
}

}  // namespace

Row run_trial(const Cast& cast, Transport transport, double rate, double seconds) {
  auto& [loop, crowd, publisher, progress, plan, run, trials] = cast;
  Row row{transport, crowd.size()};
  const auto trial = ++trials;
  Tally tally(crowd.size());
  crowd.count(run, trial, &tally);
  const auto reconnects = crowd.reconnects();
  const auto cpu = cpu_seconds();
  publisher.start(trial, rate, std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9)),
                  tally);
  {
    const Ticker ticker(cast, transport, seconds, tally);
    loop.run_until([&publisher = publisher] { return publisher.finished(); });
    if (Loop::interrupted()) {
      row.interrupted = true;
      Loop::go_on();
      publisher.stop();
      loop.run_until([&publisher = publisher] { return publisher.finished(); });
    }
    drain(loop, tally);
  }
  crowd.count(run, trial, nullptr);
  const auto whole =
      seconds_of(std::max(tally.last_arrival(), publisher.began() + publisher.sending_time()) -
                 publisher.began());
  row.connect_ms = spread_of(crowd.connect_times());
  row.asked_per_s = rate;
  row.seconds = seconds_of(publisher.sending_time());
  row.counts = tally.counts();
  // A schedule of n sends at a rate takes n / rate, though its last one is made a little before
  // that.
  const auto scheduled = static_cast<double>(row.counts.sent) / rate;
  const auto per = [scheduled](std::uint64_t count, double time) {
    return count == 0 ? 0 : static_cast<double>(count) / std::max({time, scheduled, 1e-9});
  };
  row.sends_per_s = per(row.counts.sent, row.seconds);
  row.deliveries_per_s = per(row.counts.deliveries, whole);
  row.latency_ms = spread_of(tally.latency());
  row.lag_ms = spread_of(publisher.lags());
  row.rate_limited = publisher.rate_limited();
  row.failed = publisher.failed();
  if (row.failed > 0) row.failure = explain(publisher.last_failure(), plan.url);
  row.reconnects = crowd.reconnects() - reconnects;
  row.cpu_share = whole > 0 ? (cpu_seconds() - cpu) / whole : 0;
  return row;
}

Row saturate(const Cast& cast, Transport transport) {
  RateSearch search(cast.plan.options.rate);
  Row best{transport, cast.crowd.size()};
  std::vector<Step> steps;
  Tally::Counts faults;
  bool any_borne = false;
  while (const auto rate = search.next()) {
    auto row = run_trial(cast, transport, *rate, cast.plan.seconds);
    const auto stopped_by = verdict(row);
    // So many sends in flight make no more than this: no rate above it can be tried, and it was
    // borne.
    const bool no_more = stopped_by == kNoMoreSends && !steps.empty() &&
                         steps.back().stopped_by == kNoMoreSends &&
                         steps.back().asked_per_s == *rate;
    steps.push_back({*rate, row.sends_per_s, row.deliveries_per_s, row.latency_ms.p99, stopped_by});
    cast.progress.say("  " + step_text(steps.back()));
    faults.add_faults(row.counts);
    const bool interrupted = row.interrupted;
    const bool borne = stopped_by.empty() || stopped_by == kNoMoreSends;
    if (steps.size() == 1 ||
        (borne && (!any_borne || row.deliveries_per_s > best.deliveries_per_s))) {
      best = std::move(row);
    }
    any_borne = any_borne || borne;
    best.interrupted = interrupted;
    if (interrupted || no_more) break;
    search.tried(stopped_by.empty());
  }
  // What went wrong at any rate went wrong.
  best.counts.set_faults(faults);
  best.steps = std::move(steps);
  return best;
}

}  // namespace fairlead::load
