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
  // Of times, in seconds; `counts` has one more than there are bounds.
  template <typename Bounds, typename Counts>
  void histogram(std::string_view name, std::string_view help, const Bounds& bounds_us,
                 const Counts& counts, std::uint64_t total_us) {
    begin(name, help, "histogram");
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      so_far += counts[i];
      const bool last = i == bounds_us.size();
      line(name, "_bucket{le=\"" + (last ? "+Inf" : seconds(bounds_us[i])) + "\"}",
           std::to_string(so_far));
    }
    line(name, "_sum", seconds(static_cast<std::int64_t>(total_us)));
    line(name, "_count", std::to_string(so_far));
  }
  void by_transport_and_cause(std::string_view name, std::string_view help,
                              const hub::NetworkStats::PerTransport& counts) {
    begin(name, help, "counter");
    for (std::size_t kind = 0; kind < hub::kTransports; ++kind) {
      for (std::size_t cause = 0; cause < hub::kCauses; ++cause) {
        const auto transport = to_wire(static_cast<hub::TransportKind>(kind));
        line(name,
             "{transport=\"" + std::string(transport) + "\",cause=\"" +
                 std::string(to_wire(static_cast<hub::Cause>(cause))) + "\"}",
             std::to_string(counts.at(kind).at(cause)));
      }
    }
  }
  void time(std::string_view name, std::string_view help, std::int64_t us) {
    begin(name, help, "gauge");
    line(name, "", seconds(us));
  }
  std::string take() { return std::move(text_); }

 private:
  void sample(std::string_view name, std::string_view help, std::string_view type,
              std::uint64_t value) {
    begin(name, help, type);
    line(name, "", std::to_string(value));
  }
  void begin(std::string_view name, std::string_view help, std::string_view type) {
    text_.append("# HELP fairlead_").append(name).append(" ").append(help).append("\n");
    text_.append("# TYPE fairlead_").append(name).append(" ").append(type).append("\n");
  }
  void line(std::string_view name, std::string_view rest, std::string_view value) {
    text_.append("fairlead_").append(name).append(rest).append(" ").append(value).append("\n");
  }
  static std::string seconds(std::int64_t us) {
    return std::to_string(static_cast<double>(us) / 1e6);
  }

  std::string text_;
};

void add_hub(Page& page, const hub::HubStats& stats) {
  page.gauge("sessions", "Sessions with a connection", stats.sessions);
  page.gauge("sessions_parked", "Poll sessions between two polls", stats.parked);
  page.counter("events_delivered_total", "Events queued to sessions", stats.delivered);
  page.counter("sessions_fell_behind_total", "Times a session had to read on from the log",
               stats.fell_behind);
  page.counter("ephemeral_dropped_total", "Ephemeral events dropped for slow clients",
               stats.ephemeral_dropped);
  page.counter("sessions_reset_total", "Cursors that could not be resumed", stats.resets);
  page.counter("sessions_slow_total", "Sessions ended because the client read nothing",
               stats.slow_closed);
  page.histogram("shard_turn_seconds", "How long a shard held its I/O thread at a time",
                 hub::TurnTimes::kBounds_us, stats.turns.counts, stats.turns.total_us);
  page.time("shard_turn_seconds_max", "The longest of these since the start",
            stats.turns.longest_us);
  page.time("shard_turn_cpu_seconds_max", "The most that one of these used of the processor",
            stats.turns.longest_cpu_us);
}

void add_log(Page& page, const log::WriterStats& stats) {
  page.counter("log_commits_total", "Commits of the log", stats.commits);
  page.counter("log_commands_total", "Commands in these commits", stats.commands);
  page.counter("log_events_total", "Events in these commits", stats.events);
  page.counter("log_failed_commits_total", "Commits that the store refused", stats.failed_commits);
}

void add_between_nodes(Page& page, const BetweenNodes& nodes) {
  page.counter("log_gaps_total", "Times the store was read for events that no hint brought in time",
               nodes.follower.gaps);
  page.counter("log_gap_events_total", "Events that came by that way", nodes.follower.gap_events);
  page.counter("log_late_events_total", "Events that a hint brought when they were known already",
               nodes.follower.late_events);
  page.gauge("bus_healthy", "Whether nodes hear each other without the store",
             nodes.bus_healthy ? 1 : 0);
  page.counter("bus_sent_total", "Messages to the other nodes", nodes.sent);
  page.counter("bus_received_total", "Messages from other nodes", nodes.received);
  page.counter("bus_dropped_total", "Messages not sent: Redis away or too slow", nodes.dropped);
  page.counter("bus_malformed_total", "Messages from other nodes that were not understood",
               nodes.malformed);
}

void add_networks(Page& page, const hub::NetworkStats& stats) {
  page.by_transport_and_cause("sessions_unproven_total",
                              "Sessions ended because no round trip was shown", stats.unproven);
  page.by_transport_and_cause("fallbacks_total",
                              "Clients that came over another transport, by what they gave up",
                              stats.fallbacks);
  page.histogram("cut_life_seconds", "How old connections were that ended without a word",
                 hub::NetworkStats::kBounds_us, stats.lives.counts, stats.lives.total_us);
  page.histogram("cut_idle_seconds", "How long nothing had been sent over them",
                 hub::NetworkStats::kBounds_us, stats.idles.counts, stats.idles.total_us);
  page.gauge("networks_known", "Client networks of which something is known", stats.networks);
}

void add_external_tokens(Page& page, const auth::ExternalTokens::Stats& stats) {
  page.counter("jwt_checked_total", "Tokens of the external issuer that were not known",
               stats.checked);
  page.counter("jwt_refused_total", "Of these, tokens that were refused", stats.refused);
  page.counter("jwt_key_reads_total", "Times the issuer's keys were read", stats.key_reads);
  page.counter("jwt_key_failures_total", "Times they could not be used, and the old ones stayed",
               stats.key_failures);
}

void add_http(Page& page, const http::ServerStats& stats) {
  page.gauge("http_connections", "Open HTTP connections", stats.connections_open);
  page.counter("http_connections_total", "Accepted HTTP connections", stats.connections_accepted);
  page.counter("http_requests_total", "HTTP requests", stats.requests);
  page.counter("http_rejected_total", "Requests that the framing guard refused", stats.rejected);
  page.counter("http_accept_pauses_total", "Times that accepting was paused", stats.accept_pauses);
  page.counter("http_crowded_total", "Connections that came in a crowd", stats.crowded);
}

}  // namespace

std::string metrics_text(const Api& api) {
  Page page;
  const auto& parts = api.parts();
  add_hub(page, parts.hub.stats());
  add_log(page, parts.writer.stats());
  page.gauge("presence_healthy", "Whether the presence map can be reached",
             parts.presence.healthy() ? 1 : 0);
  if (parts.between_nodes) add_between_nodes(page, parts.between_nodes());
  if (parts.networks) add_networks(page, parts.networks());
  if (parts.external_tokens != nullptr) add_external_tokens(page, parts.external_tokens->stats());
  if (parts.audit != nullptr) {
    page.counter("audit_lost_total", "Entries that the audit log could not keep",
                 parts.audit->lost());
  }
  if (parts.http_stats) add_http(page, parts.http_stats());
  return page.take();
}

}  // namespace fairlead::api
