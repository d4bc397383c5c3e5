#include "app/config_options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "app/serve_options.h"

namespace fairlead::app {
namespace {

constexpr const char* kConfigFooter =
    R"(Every option of `fairlead serve` is understood here too, with its variable and from --config FILE.

Examples:
  fairlead config show --config /etc/fairlead/fairlead.conf
      what `fairlead serve` with that file and this environment would run with, and why
  fairlead config nginx --help
      the nginx in front of it)";

constexpr const char* kNginxFooter =
    R"(The server's own settings decide the rest: its --listen is the upstream, and heartbeats, poll holds, the drain and
the limits on sizes give every timeout and every buffer. Give the server's file with --config, or any option of
`fairlead serve` (its --listen before the word nginx).

Examples:
  fairlead config nginx --stdout | less
      to read, with the reason of each line
  fairlead config nginx --config /etc/fairlead/fairlead.conf --system --server-name chat.example.org --tls CERT KEY
      for Debian's nginx.service; then: nginx -t && systemctl reload nginx
  fairlead config nginx --out /tmp/try --upstream unix:/run/fairlead/a.sock --upstream unix:/run/fairlead/b.sock
      two nodes; then: nginx -c /tmp/try/nginx.conf

Exit code: 0 written; 1 it could not be written; 2 a mistake in the options.)";

// The pages that were installed or built together with this program.
std::string pages_of_this_program() {
  namespace fs = std::filesystem;
  std::error_code problem;
  const auto folder = fs::read_symlink("/proc/self/exe", problem).parent_path();
  for (const auto& pages : {folder / "../share/fairlead/web", folder / "web"}) {
    if (fs::exists(pages / "index.html", problem)) return pages.lexically_normal().string();
  }
  return nginx::Settings{}.web;
}

void add_places(CLI::App& app, ConfigOptions& o) {
  constexpr const char* kGroup = "Where to (one of them)";
  auto* out = app.add_option("--out", o.out, "Write DIR/nginx.conf and DIR/fairlead/*.conf")
                  ->option_text("DIR")
                  ->group(kGroup);
  app.add_flag("--system", o.system,
               "The same into /etc/nginx (or --out), for Debian's nginx.service;\n"
               "another nginx.conf is kept as nginx.conf.before-fairlead")
      ->group(kGroup);
  app.add_flag("--stdout", o.to_stdout, "Print it as one file, with the paths of --system")
      ->excludes(out)
      ->group(kGroup);
}

void add_face(CLI::App& app, nginx::Settings& s) {
  constexpr const char* kGroup = "What the network sees";
  app.add_option("--listen", s.listens,
                 "PORT or ADDRESS:PORT; may be given several times\n"
                 "(default: 127.0.0.1:8080; --system: 80, with --tls 443)")
      ->delimiter(',')
      ->group(kGroup);
  app.add_option("--server-name", s.server_name, "Host names, with blanks between them")
      ->capture_default_str()
      ->group(kGroup);
  app.add_option_function<std::vector<std::string>>(
         "--tls",
         [&s](const std::vector<std::string>& files) {
           s.tls = nginx::Certificate{files.at(0), files.at(1)};
         },
         "Certificate (with its chain) and key, as PEM files")
      ->expected(2)
      ->option_text("CERT KEY")
      ->group(kGroup);
  s.web = pages_of_this_program();
  app.add_option("--web", s.web, "Directory of the pages")->capture_default_str()->group(kGroup);
  app.add_option("--real-ip-from", s.real_ip_from,
                 "Your own load balancer or CDN: an address or network whose X-Forwarded-For is\n"
                 "believed; may be given several times")
      ->delimiter(',')
      ->group(kGroup);
}

void add_upstream(CLI::App& app, ConfigOptions& o) {
  constexpr const char* kGroup = "What is behind it";
  app.add_option("--upstream", o.nginx.upstreams,
                 "A node: unix:/PATH or HOST:PORT; may be given several times\n"
                 "(default: where the server listens)")
      ->delimiter(',')
      ->group(kGroup);
  app.add_option("--nginx-version", o.nginx_version,
                 "As 1.22.1, where another nginx will read it than the one installed here")
      ->group(kGroup);
}

void add_processes(CLI::App& app, nginx::Settings& s) {
  constexpr const char* kGroup = "Processes";
  app.add_option("--user", s.user,
                 "Whom the workers run as (default: the caller; --system: www-data)")
      ->group(kGroup);
  app.add_option("--workers", s.workers, "auto, or how many")->capture_default_str()->group(kGroup);
  app.add_option("--connections", s.numbers.connections,
                 "Of a worker; a stream takes two. Less where open files are limited to less")
      ->check(CLI::Range(64, 1'000'000))
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("--run", s.run, "Directory of pid and temporary files (default: --out)")
      ->group(kGroup);
  app.add_option("--log", s.log, "Directory of the logs (default: --run)")->group(kGroup);
}

void add_limits(CLI::App& app, ConfigOptions& o) {
  constexpr const char* kGroup = "Limits";
  auto& numbers = o.nginx.numbers;
  app.add_option("--login-rate", numbers.logins_per_s,
                 "Sign-ups and logins a second from one address")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("--streams-per-client", numbers.streams_per_client,
                 "Streams and held polls with one token, or without one from one address")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("--stream-buffer", numbers.stream_buffer,
                 "Of a stream. Larger: more memory for each, fewer system calls under load")
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("--websocket-buffer", numbers.websocket_buffer,
                 "The same of a WebSocket, in bytes or as 4k: it keeps two")
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("--shutdown-seconds", o.shutdown_s,
                 "How long a reload leaves streams in the old workers")
      ->check(CLI::Range(1, 30 * 86'400))
      ->capture_default_str()
      ->group(kGroup);
}

bool stands_in(std::string_view name, int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word.starts_with(name) && (word.size() == name.size() || word[name.size()] == '='))
      return true;
  }
  return false;
}

// Where an option's value comes from; the order is that of their weight.
std::string source_of(const CLI::Option& option, int argc, const char* const* argv) {
  if (stands_in("--" + option.get_lnames().front(), argc, argv)) return "the command line";
  const auto variable = option.get_envname();
  if (!variable.empty() && std::getenv(variable.c_str()) != nullptr)
    return "the variable " + variable;
  return option.count() > 0 ? "the file" : "default";
}

std::string in_quotes(const std::string& value) {
  const bool number = !value.empty() && value.find_first_not_of("0123456789") == std::string::npos;
  return number ? value : '"' + value + '"';
}

// "[a,b]", as CLI11 keeps a default, in its parts.
std::vector<std::string> parts_of(std::string list) {
  if (list.starts_with('[') && list.ends_with(']')) list = list.substr(1, list.size() - 2);
  return list.empty() ? std::vector<std::string>{} : CLI::detail::split(list, ',');
}

// As a config file takes it.
std::string value_text(const CLI::Option& option) {
  if (option.get_expected_max() == 0) return option.count() > 0 ? "true" : "false";
  const bool is_list = option.get_expected_max() > 1;
  auto values = option.results();
  if (values.empty()) {
    values = is_list ? parts_of(option.get_default_str()) : std::vector{option.get_default_str()};
  }
  if (!is_list) return in_quotes(values.front());
  std::string all;
  for (const auto& value : values) all += (all.empty() ? "" : ", ") + in_quotes(value);
  return "[" + all + "]";
}

// Every option of the server, as a config file that would do the same.
std::string shown(const CLI::App& config, int argc, const char* const* argv) {
  std::string text;
  for (const auto* option : config.get_options()) {
    const auto& names = option->get_lnames();
    if (names.empty() || option->get_group().empty() || names.front() == "help") continue;
    const auto source = source_of(*option, argc, argv);
    if (names.front() == "api-key" && option->count() > 0) {
      text +=
          "# api-key: " + std::to_string(option->count()) + ", from " + source + "; not shown\n";
      continue;
    }
    auto value = value_text(*option);
    // A file cannot say "none", so that nothing is left out of it.
    const bool none = value == "[]" || value == R"("")";
    auto line = (none ? "# " : "") + names.front() + "=" + value;
    line.resize(std::max<std::size_t>(line.size() + 1, 44), ' ');
    text += line + "# " + source + "\n";
  }
  return text;
}

}  // namespace

void add_config_options(CLI::App& config, ConfigOptions& options) {
  config.footer(kConfigFooter);
  add_serve_options(config, options.server);
  config.require_subcommand(0, 1);
  auto* show = config.add_subcommand(
      "show", "The server's settings as they are, and where each of them comes from");
  auto* nginx = config.add_subcommand("nginx", "The configuration of the nginx in front of it");
  show->fallthrough();
  nginx->fallthrough();
  nginx->footer(kNginxFooter);
  add_places(*nginx, options);
  add_face(*nginx, options.nginx);
  add_upstream(*nginx, options);
  add_processes(*nginx, options.nginx);
  add_limits(*nginx, options);
}

void finish_config_options(const CLI::App& config, int argc, const char* const* argv,
                           ConfigOptions& options) {
  const auto chosen = config.get_subcommands();
  if (chosen.empty()) throw CLI::CallForHelp();
  if (chosen.front()->get_name() == "show") {
    options.shown = shown(config, argc, argv);
    return;
  }
  options.task = ConfigOptions::Task::kNginx;
  if (options.out.empty() && !options.system && !options.to_stdout) {
    throw CLI::ValidationError("say where to write it: --out DIR, --system or --stdout");
  }
}

}  // namespace fairlead::app
