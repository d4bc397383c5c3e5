#include "app/bench_options.h"

#include <CLI/CLI.hpp>

namespace fairlead::app {
namespace {

constexpr const char* kFooter =
    R"(What it does: makes an account and a private room (deleted at the end), lets the receivers connect, sends
numbered messages over REST, and counts at every receiver what came, when, how often and in which order.
Latency runs from the moment a send was written to the moment the message was read.

Examples:
  fairlead bench https://chat.example.org
      100 receivers on each transport in turn, 10 messages a second, for 10 seconds
  fairlead bench http://127.0.0.1:8080 --transports ws --receivers 1000 --saturate
      how many deliveries a second WebSocket bears, before the slowest 1% take over 100 ms

An account may send 5 messages in 5 seconds unless `fairlead serve --sends-per-5s` says otherwise: as many accounts
are signed up as --rate needs (at most 100). Accounts cannot be deleted and stay.
Exit code: 0 all arrived once and in order; 1 not so, or not reached; 2 a mistake in the options.)";

}  // namespace

void add_bench_options(CLI::App& bench, load::Options& o) {
  bench.footer(kFooter);
  bench
      .add_option("url", o.url,
                  "The deployment: http(s)://HOST[:PORT][/PATH], as a browser would reach it")
      ->required()
      ->option_text("URL");
  bench.add_option("--receivers", o.receivers, "Clients that listen, on each transport")
      ->capture_default_str();
  bench.add_option("--transports", o.transports, "Of ws, sse and poll, one after the other")
      ->delimiter(',')
      ->option_text("ws,sse,poll");
  bench.add_option("--rate", o.rate, "Messages a second, in all; where --saturate begins")
      ->capture_default_str();
  bench.add_option("--seconds", o.seconds,
                   "How long to send (default: 10; with --saturate, 3 for each step)");
  bench.add_option("--payload", o.payload_bytes, "Length of a message's text")
      ->capture_default_str();
  bench.add_option("--senders", o.senders,
                   "Sends under way at once (default: 1; with --saturate, 8)");
  bench.add_flag(
      "--saturate", o.saturate,
      "Raise the rate until the p99 is over 100 ms, something is lost, or no more goes through");
  bench.add_option("--name", o.name, "An account to use (default: one is signed up)")
      ->envname("FAIRLEAD_BENCH_NAME");
  bench
      .add_option("--password", o.password,
                  "… its password; better in the variable, where `ps` does not show it")
      ->envname("FAIRLEAD_BENCH_PASSWORD");
  bench.add_option("--token", o.token, "… or its token")->envname("FAIRLEAD_BENCH_TOKEN");
  bench.add_option("--room", o.room,
                   "A room to send to, by its id (default: one is made, and deleted at the end)");
  bench.add_flag("--insecure", o.insecure,
                 "Do not check the certificate (your own, on a test host)");
  bench.add_flag("--json", o.json,
                 "Results as JSON on stdout, an object a line for each transport");
}

}  // namespace fairlead::app
