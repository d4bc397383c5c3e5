#include "load/options.h"

#include <algorithm>

#include "core/limits.h"
#include "load/event_reader.h"

namespace fairlead::load {
namespace {

constexpr Transport kAll[] = {Transport::kWebSocket, Transport::kSse, Transport::kPoll};
constexpr int kReceiversMax = 100'000;
constexpr int kSendersMax = 1'000;
constexpr double kRateMax = 1e6;
constexpr double kSecondsMax = 24 * 3600;
constexpr std::uint64_t kOtherDescriptors = 16;  // stdio, epoll, set-up, what libraries open

using Refused = tl::unexpected<std::string>;

std::string range_problem(const Options& o) {
  const auto outside = [](double value, double min, double max) {
    return !(value >= min && value <= max);
  };
  if (outside(o.receivers, 1, kReceiversMax)) return "--receivers is from 1 to 100000";
  if (outside(o.rate, 0.1, kRateMax)) return "--rate is from 0.1 to 1000000 messages a second";
  if (o.seconds != 0 && outside(o.seconds, 0.5, kSecondsMax))
    return "--seconds is from 0.5 to 86400";
  if (outside(o.payload_bytes, static_cast<double>(kMarkedTextBytesMin),
              static_cast<double>(limits::kMessageCharsMax))) {
    return "--payload is from " + std::to_string(kMarkedTextBytesMin) +
           " bytes (each text holds its number) to " + std::to_string(limits::kMessageCharsMax);
  }
  if (outside(o.senders, 0, kSendersMax)) return "--senders is from 1 to 1000";
  return {};
}

std::string account_problem(const Options& o) {
  if (!o.token.empty() && !(o.name.empty() && o.password.empty())) {
    return "either --token, or --name with --password, not both";
  }
  if (o.name.empty() != o.password.empty()) {
    return "--name and --password belong together (an account is signed up if neither is given)";
  }
  return {};
}

}  // namespace

std::string_view name_of(Transport transport) {
  switch (transport) {
    case Transport::kWebSocket:
      return "ws";
    case Transport::kSse:
      return "sse";
    case Transport::kPoll:
      return "poll";
  }
  return "";
}

tl::expected<Plan, std::string> make_plan(Options options) {
  auto url = parse_url(options.url);
  if (!url) return Refused(url.error());
  Plan plan;
  plan.url = std::move(*url);
  for (const auto& name : options.transports) {
    const auto* found =
        std::find_if(std::begin(kAll), std::end(kAll),
                     [&name](Transport transport) { return name_of(transport) == name; });
    if (found == std::end(kAll))
      return Refused("--transports knows ws, sse and poll, not '" + name + "'");
    if (std::find(plan.transports.begin(), plan.transports.end(), *found) ==
        plan.transports.end()) {
      plan.transports.push_back(*found);
    }
  }
  if (plan.transports.empty()) return Refused("--transports names at least one of ws, sse, poll");
  if (auto problem = range_problem(options); !problem.empty()) return Refused(std::move(problem));
  if (auto problem = account_problem(options); !problem.empty()) return Refused(std::move(problem));
  plan.senders = options.senders > 0 ? options.senders : options.saturate ? 8 : 1;
  plan.seconds = options.seconds > 0 ? options.seconds : options.saturate ? 3 : 10;
  plan.own_account = !options.token.empty() || !options.name.empty();
  plan.options = std::move(options);
  return plan;
}

std::uint64_t descriptors_needed(const Plan& plan) {
  return static_cast<std::uint64_t>(plan.options.receivers + plan.senders) + kOtherDescriptors;
}

}  // namespace fairlead::load
