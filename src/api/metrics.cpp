#include "api/metrics.h"

#include <string_view>

namespace fairlead::api {
namespace {

class Page {
 public:
  void gauge(std::string_view name, std::string_view help, std::uint64_t value) {
    sample(name, help, "gauge", value);
  }
  void counter(std::string_view name, std::string_view help, std::uint64_t value) {
    sample(name, help, "counter", value);
  }
  std::string take() { return std::move(text_); }

 private:
  void sample(std::string_view name, std::string_view help, std::string_view type,
              std::uint64_t value) {
    text_.append("# HELP fairlead_").append(name).append(" ").append(help).append("\n");
    text_.append("# TYPE fairlead_").append(name).append(" ").append(type).append("\n");
    text_.append("fairlead_").append(name).append(" ").append(std::to_string(value)).append("\n");
  }

  std::string text_;
};

void add_hub(Page& page, const hub::HubStats& stats) {
  page.gauge("sessions", "Sessions with a connection", stats.sessions);
  page.gauge("sessions_parked", "Poll sessions between two polls", stats.parked);
  page.counter("events_delivered_total", "Events queued to sessions", stats.delivered);
  page.counter("sessions_fell_behind_total", "Full outboxes that ended being live",
               stats.fell_behind);
  page.counter("ephemeral_dropped_total", "Ephemeral events dropped for slow clients",
               stats.ephemeral_dropped);
  page.counter("sessions_reset_total", "Cursors that could not be resumed", stats.resets);
  page.counter("sessions_unproven_total", "Sessions ended because no round trip was shown",
               stats.unproven);
  page.counter("sessions_slow_total", "Sessions ended because the client read nothing",
               stats.slow_closed);
}

void add_log(Page& page, const log::WriterStats& stats) {
  page.counter("log_commits_total", "Commits of the log", stats.commits);
  page.counter("log_commands_total", "Commands in these commits", stats.commands);
  page.counter("log_events_total", "Events in these commits", stats.events);
  page.counter("log_failed_commits_total", "Commits that the store refused", stats.failed_commits);
}

void add_http(Page& page, const http::ServerStats& stats) {
  page.gauge("http_connections", "Open HTTP connections", stats.connections_open);
  page.counter("http_connections_total", "Accepted HTTP connections", stats.connections_accepted);
  page.counter("http_requests_total", "HTTP requests", stats.requests);
  page.counter("http_rejected_total", "Requests that the framing guard refused", stats.rejected);
  page.counter("http_accept_pauses_total", "Times that accepting was paused", stats.accept_pauses);
}

}  // namespace

std::string metrics_text(const Api& api) {
  Page page;
  const auto& parts = api.parts();
  add_hub(page, parts.hub.stats());
  add_log(page, parts.writer.stats());
  page.gauge("presence_healthy", "Whether the presence map can be reached",
             parts.presence.healthy() ? 1 : 0);
  if (parts.http_stats) add_http(page, parts.http_stats());
  return page.take();
}

}  // namespace fairlead::api
