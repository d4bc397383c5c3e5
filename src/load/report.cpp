#include "load/report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "protocol/json.h"

namespace fairlead::load {
namespace {

using protocol::Json;

constexpr double kBusyShare = 0.9;
constexpr double kKeptUp = 0.95;

std::string decimals(double value, int places) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", places, value);
  return text.data();
}

double rounded(double value) {
  return std::round(value * 1000) / 1000;
}

Json json_of(const Spread& spread) {
  return {{"p50", rounded(spread.p50)},
          {"p90", rounded(spread.p90)},
          {"p99", rounded(spread.p99)},
          {"max", rounded(spread.max)}};
}

std::vector<std::string> cells(const Row& row) {
  const auto& c = row.counts;
  return {std::string(name_of(row.transport)),
          in_thousands(row.receivers),
          milliseconds(row.connect_ms.p50),
          milliseconds(row.connect_ms.p99),
          in_thousands(c.sent),
          per_second(row.sends_per_s),
          in_thousands(c.deliveries),
          per_second(row.deliveries_per_s),
          milliseconds(row.latency_ms.p50),
          milliseconds(row.latency_ms.p90),
          milliseconds(row.latency_ms.p99),
          milliseconds(row.latency_ms.max),
          in_thousands(c.lost),
          in_thousands(c.repeated),
          in_thousands(c.out_of_order),
          in_thousands(row.reconnects)};
}

const std::vector<std::string> kUpper = {"",        "",   "connect", "ms", "", "", "",       "",
                                         "latency", "ms", "",        "",   "", "", "out of", "re-"};
const std::vector<std::string> kLower = {
    "transport", "receivers", "p50", "p99", "sent", "sends/s",  "deliveries", "deliv/s",
    "p50",       "p90",       "p99", "max", "lost", "repeated", "order",      "connects"};

}  // namespace

std::string in_thousands(std::uint64_t count) {
  auto text = std::to_string(count);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), ",");
  }
  return text;
}

std::string milliseconds(double ms) {
  return decimals(ms, ms < 1 ? 2 : ms < 100 ? 1 : 0);
}

std::string per_second(double rate) {
  return rate < 99.95 ? decimals(rate, 1)
                      : in_thousands(static_cast<std::uint64_t>(std::llround(rate)));
}

std::string table(const std::vector<Row>& rows) {
  std::vector<std::vector<std::string>> lines = {kUpper, kLower};
  for (const auto& row : rows) {
    if (row.error.empty()) lines.push_back(cells(row));
  }
  std::vector<std::size_t> widths(kLower.size());
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::string text;
  for (const auto& line : lines) {
    std::string out = line[0] + std::string(widths[0] - line[0].size(), ' ');
    for (std::size_t i = 1; i < line.size(); ++i)
      out += "  " + std::string(widths[i] - line[i].size(), ' ') + line[i];
    text += out + "\n";
  }
  return text;
}

std::vector<std::string> notes(const Row& row, const Plan& plan) {
  const auto name = std::string(name_of(row.transport)) + ": ";
  if (!row.error.empty()) return {name + row.error};
  std::vector<std::string> all;
  const auto note = [&](const std::string& text) { all.push_back(name + text); };
  const auto& c = row.counts;
  if (!c.clean()) {
    note(in_thousands(c.lost) + " lost, " + in_thousands(c.repeated) + " repeated, " +
         in_thousands(c.out_of_order) + " out of order, " + in_thousands(c.unasked) +
         " of refused sends: a Fairlead must never do that. Please\n"
         "report it with its version and what stands between you and it");
  }
  if (row.rate_limited > 0) {
    note(in_thousands(row.rate_limited) +
         " sends were refused (429, rate limited) and are not counted as sent. Lower "
         "--rate, or raise the server's\nlimit: fairlead serve --sends-per-5s N --sends-burst N "
         "(0: none)");
  }
  if (row.failed > 0) note(in_thousands(row.failed) + " sends failed: " + row.failure);
  if (c.sent == 0) note("nothing could be sent");
  const bool slow =
      row.sends_per_s + static_cast<double>(row.rate_limited) / std::max(row.seconds, 1e-9) <
      kKeptUp * row.asked_per_s;
  if (slow && c.sent > 0 && row.failed == 0 && !row.interrupted && row.steps.empty()) {
    note("the sends could not keep up: " + per_second(row.asked_per_s) + " a second were due, " +
         per_second(row.sends_per_s) + " were made with --senders " + std::to_string(plan.senders) +
         ". More --senders,\nunless the server is at its limit");
  }
  if (!row.steps.empty() && row.steps.back().stopped_by == kNoMoreSends) {
    note("no more goes through with " + std::to_string(plan.senders) +
         " sends in flight: try more --senders");
  }
  if (row.cpu_share > kBusyShare) {
    note("this program used " + decimals(row.cpu_share * 100, 0) +
         "% of a core and may have been the limit: the server may be able to do more");
  }
  if (row.interrupted) note("interrupted: what had been measured until then");
  return all;
}

std::string summary(const Row& row) {
  const auto name = std::string(name_of(row.transport));
  if (!row.error.empty()) return name + ": " + row.error;
  const auto& c = row.counts;
  return name + ": " + in_thousands(row.receivers) + " receivers, " + in_thousands(c.sent) +
         " sent, " + in_thousands(c.deliveries) + " delivered, p99 " +
         milliseconds(row.latency_ms.p99) + " ms, " + in_thousands(c.lost) + " lost";
}

std::string step_text(const Step& step) {
  return per_second(step.asked_per_s) + " sends/s: " + per_second(step.sends_per_s) + " made, " +
         per_second(step.deliveries_per_s) + " deliveries/s, p99 " + milliseconds(step.p99_ms) +
         " ms" + (step.stopped_by.empty() ? "" : " - too much: " + step.stopped_by);
}

std::string json_line(const Row& row, const Plan& plan) {
  Json json = {{"transport", name_of(row.transport)},
               {"url", plan.url.text()},
               {"ok", row.fine()},
               {"receivers", row.receivers}};
  if (!row.error.empty()) {
    json["error"] = row.error;
    return protocol::dump(json);
  }
  const auto& c = row.counts;
  json["connect_ms"] = json_of(row.connect_ms);
  json["payload_bytes"] = plan.options.payload_bytes;
  json["senders"] = plan.senders;
  json["asked_sends_per_s"] = rounded(row.asked_per_s);
  json["seconds"] = rounded(row.seconds);
  json["sent"] = c.sent;
  json["sends_per_s"] = rounded(row.sends_per_s);
  json["deliveries"] = c.deliveries;
  json["deliveries_per_s"] = rounded(row.deliveries_per_s);
  json["latency_ms"] = json_of(row.latency_ms);
  json["schedule_lag_ms"] = json_of(row.lag_ms);
  json["lost"] = c.lost;
  json["repeated"] = c.repeated;
  json["out_of_order"] = c.out_of_order;
  json["of_refused_sends"] = c.unasked;
  json["reconnects"] = row.reconnects;
  json["rate_limited"] = row.rate_limited;
  json["failed"] = row.failed;
  json["cpu_share"] = rounded(row.cpu_share);
  if (row.interrupted) json["interrupted"] = true;
  if (!row.steps.empty()) {
    json["steps"] = Json::array();
    for (const auto& step : row.steps) {
      json["steps"].push_back({{"asked_sends_per_s", rounded(step.asked_per_s)},
                               {"sends_per_s", rounded(step.sends_per_s)},
                               {"deliveries_per_s", rounded(step.deliveries_per_s)},
                               {"p99_ms", rounded(step.p99_ms)},
                               {"stopped_by", step.stopped_by}});
    }
  }
  return protocol::dump(json);
}

}  // namespace fairlead::load
