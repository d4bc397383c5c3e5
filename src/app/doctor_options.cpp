#include "app/doctor_options.h"

#include <CLI/CLI.hpp>

#include "core/limits.h"

namespace fairlead::app {
namespace {

// What a client may ask for as its heartbeat; 0: no silence is tried.
std::string why_no_idle(const std::string& text) {
  const bool fits =
      text == "0" || CLI::Range(limits::kHeartbeatMin_s, limits::kHeartbeatMax_s)(text).empty();
  return fits ? std::string()
              : "a number of seconds from " + std::to_string(limits::kHeartbeatMin_s) + " to " +
                    std::to_string(limits::kHeartbeatMax_s) + " is expected, or 0 for none";
}

constexpr int kLifetimeMax_s = 4 * 3600;

constexpr const char* kFooter =
    R"(What it does: tries what clients do, step by step, from DNS to a stream that is left silent, and says which step
goes wrong, who on the way is likely to do that, and what to change there (docs/DOCTOR.md).

Examples:
  fairlead doctor https://chat.example.org
      what needs no account: names, TLS, headers, methods, sizes, caches, whether Upgrade arrives
  fairlead doctor https://chat.example.org --guest --idle 55
      streams too, with an account that is signed up for it (accounts stay), and 55 s of silence
  fairlead doctor https://chat.example.org --proxy http://proxy.corp:3128 --user ann --password-file ann.secret
      through a forward proxy; without --proxy, http_proxy, https_proxy and no_proxy count
  sudo fairlead doctor --host --sessions 50000
      this machine: descriptors, the kernel, and nginx's configuration against what the server expects

Exit code: 0 nothing to mend; 1 something to mend; 2 a mistake in the options, or interrupted.)";

void add_account_options(CLI::App& doctor, doctor::Options& o) {
  doctor.add_flag("--guest", o.guest, "Sign an account up for the test (it stays)");
  doctor.add_option("--user", o.user, "An account to use")->envname("FAIRLEAD_DOCTOR_USER");
  doctor.add_option("--password-file", o.password_file,
                    "... a file with its password in the first line; - is standard input");
  doctor.add_option("--token-file", o.token_file, "... or a file with its token");
  doctor
      .add_option("--token", o.token,
                  "... or the token; better in the variable, where `ps` does not show it")
      ->envname("FAIRLEAD_DOCTOR_TOKEN");
}

void add_host_options(CLI::App& doctor, doctor::Options& o) {
  doctor.add_flag("--host", o.host,
                  "Look at this machine too, on which the server or its nginx runs");
  doctor.add_option("--sessions", o.sessions, "... how many sessions it should bear")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  doctor.add_option("--nginx-conf", o.nginx_conf, "... nginx's main file (default: its own)");
  doctor.add_option("--nginx-dump", o.nginx_dump,
                    "... a file with what `nginx -T` printed, instead of running it");
}

}  // namespace

void add_doctor_options(CLI::App& doctor, doctor::Options& o) {
  doctor.footer(kFooter);
  doctor
      .add_option("url", o.url,
                  "The deployment: http(s)://HOST[:PORT][/PATH], as a browser would reach it")
      ->option_text("[URL]");
  doctor.add_option(
      "--proxy", o.proxy,
      "A forward proxy, http://[NAME:PASSWORD@]HOST:PORT; none: not even the environment's");
  add_account_options(doctor, o);
  doctor
      .add_option("--idle", o.idle_s,
                  "Seconds for which streams and a poll are left silent; 55 is the longest that "
                  "clients may ask for")
      ->check(CLI::Validator([](const std::string& text) { return why_no_idle(text); }, "0, 5-55"))
      ->capture_default_str();
  doctor
      .add_option("--lifetime", o.lifetime_s,
                  "Seconds for which streams are watched for a cut at an age; 0: not")
      ->check(CLI::Range(0, kLifetimeMax_s))
      ->capture_default_str();
  doctor.add_option(
      "--connect-to", o.connect_to,
      "HOST:PORT to connect to instead of the URL's: one node or proxy among several");
  doctor.add_option("--cacert", o.ca_file,
                    "Who signed the certificate, if it is one of your own (PEM)");
  doctor.add_flag("--insecure", o.insecure, "Do not check the certificate");
  add_host_options(doctor, o);
  doctor.add_flag("--json", o.json, "One JSON object on stdout");
}

}  // namespace fairlead::app
