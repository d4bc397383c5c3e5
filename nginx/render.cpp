#include "nginx/render.h"

#include <algorithm>
#include <filesystem>

#include "nginx/expected.h"
#include "nginx/fill.h"
#include "nginx/templates.h"
#include "nginx/units.h"
#include "nginx/words.h"

namespace fairlead::nginx {
namespace {

namespace fs = std::filesystem;
using Complaints = std::vector<Complaint>;

constexpr std::string_view kMainTemplate = "fairlead.conf.template";
constexpr std::string_view kSnippets = "snippets/";
constexpr std::string_view kIncluded = "fairlead/";

std::string whole_path(const std::string& path) {
  return path.empty() ? path : fs::absolute(path).lexically_normal().string();
}

// What was left open, and paths from the root on.
Settings completed(Settings s, const Machine& machine) {
  for (auto* path : {&s.web, &s.run, &s.log}) *path = whole_path(*path);
  if (s.tls) s.tls = {whole_path(s.tls->certificate), whole_path(s.tls->key)};
  if (s.temp.empty()) s.temp = s.debian && s.run.empty() ? "/var/lib/nginx" : s.run;
  if (s.debian && s.run.empty()) s.run = "/run";
  if (s.log.empty()) s.log = s.debian ? "/var/log/nginx" : s.run;
  // nginx as root would hand its workers to `nobody`, who cannot enter a private run directory or a
  // checkout in /root.
  if (s.user.empty() && s.debian) s.user = "www-data";
  if (s.user.empty() && machine.is_root) s.user = "root";
  if (s.listens.empty()) {
    if (!s.debian)
      s.listens = {"127.0.0.1:8080"};
    else if (s.tls)
      s.listens = {"443", "[::]:443"};
    else
      s.listens = {"80", "[::]:80"};
  }
  return s;
}

// Two descriptors for each connection; a worker that may not open so many says so at every start.
Numbers fitted(Numbers numbers, const Machine& machine) {
  numbers.descriptors = numbers.connections * 2;
  if (!machine.is_root && machine.descriptors_max &&
      numbers.descriptors > *machine.descriptors_max) {
    numbers.descriptors = static_cast<std::size_t>(*machine.descriptors_max);
    numbers.connections = numbers.descriptors / 2;
  }
  return numbers;
}

Complaint check_shutdown(const Numbers& numbers) {
  if (numbers.shutdown >= numbers.shortest_shutdown()) return std::nullopt;
  return "--shutdown-seconds " + std::to_string(numbers.shutdown.count()) +
         ": a reload would cut clients that the server is still sending away (--drain-seconds " +
         std::to_string(numbers.drain.count()) + "); " +
         std::to_string(numbers.shortest_shutdown().count()) + " or more are needed";
}

Complaint check_workers(const std::string& workers) {
  const bool digits = !workers.empty() && workers.size() < 4 &&
                      workers.find_first_not_of("0123456789") == std::string::npos;
  if (workers == "auto" || (digits && std::stoi(workers) > 0)) return std::nullopt;
  return "--workers '" + workers + "': auto or a number from 1 to 999 is expected";
}

// The first thing that is wrong.
Complaint check(const Settings& s) {
  Complaints all = {check_names("--server-name", s.server_name),
                    check_path("--web", s.web),
                    check_path("--run", s.run),
                    check_path("--log", s.log),
                    check_workers(s.workers),
                    check_shutdown(s.numbers),
                    check_size("--stream-buffer", s.numbers.stream_buffer),
                    check_size("--websocket-buffer", s.numbers.websocket_buffer)};
  if (!s.user.empty()) all.push_back(check_word("--user", s.user));
  if (s.tls) {
    all.push_back(check_path("--tls", s.tls->certificate));
    all.push_back(check_path("--tls", s.tls->key));
  }
  for (const auto& listen : s.listens) all.push_back(check_listen("--listen", listen));
  for (const auto& upstream : s.upstreams) all.push_back(check_upstream("--upstream", upstream));
  for (const auto& peer : s.real_ip_from) all.push_back(check_peer("--real-ip-from", peer));
  if (s.upstreams.empty()) all.emplace_back("no server to pass requests on to: --upstream");
  const auto bad = std::ranges::find_if(all, &Complaint::has_value);
  return bad == all.end() ? std::nullopt : *bad;
}

std::vector<std::string> notes_on(const Settings& s, const Machine& machine) {
  std::vector<std::string> notes;
  std::error_code ignored;
  if (!fs::exists(fs::path(s.web) / "index.html", ignored)) {
    notes.push_back("there are no pages at " + s.web + " yet; --web DIR names another place");
  }
  for (const auto& file :
       s.tls ? std::vector{s.tls->certificate, s.tls->key} : std::vector<std::string>{}) {
    if (!fs::exists(file, ignored)) notes.push_back("there is no " + file + " yet (--tls)");
  }
  for (const auto& upstream : s.upstreams) {
    if (upstream.starts_with("unix:")) continue;
    notes.push_back(
        upstream + " is TCP: 28,000 streams at most, and the server believes the " +
        "address of a client only with its --trusted-proxy. On one host rather let it " +
        "listen on unix:/run/fairlead/fairlead.sock");
  }
  if (s.tls && !machine.nginx) {
    notes.emplace_back("no nginx found here: written for 1.22; --nginx-version names yours");
  }
  return notes;
}

std::string listen_lines(const Settings& s, const Version& version) {
  std::string options = " so_keepalive=60s:10s:6 backlog=4096;";
  if (s.tls) options = (version < kHttp2Directive ? " ssl http2" : " ssl") + options;
  std::vector<std::string> lines;
  for (const auto& listen : s.listens) lines.push_back("listen " + listen + options);
  return joined(lines);
}

std::string tls_lines(const Settings& s, const Version& version) {
  if (!s.tls) return {};
  std::vector<std::string> lines = {"ssl_certificate \"" + s.tls->certificate + "\";",
                                    "ssl_certificate_key \"" + s.tls->key + "\";",
                                    "include fairlead/tls.conf;"};
  if (version >= kHttp2Directive) lines.emplace_back("http2 on;");
  return joined(lines);
}

std::string upstream_lines(const Settings& s) {
  std::string parameters;
  for (const auto& directive : directives_of(Level::kUpstream, s.numbers)) {
    if (!directive.name.starts_with("server ")) continue;
    parameters += " " + directive.name.substr(7) + "=" + directive.value;
  }
  std::vector<std::string> lines;
  for (const auto& upstream : s.upstreams) {
    lines.push_back("server " + upstream + parameters +
                    ";  # one held poll that was cut must not " + "take a node out for everybody");
  }
  return joined(lines);
}

std::string real_ip_lines(const Settings& s) {
  std::vector<std::string> lines;
  for (const auto& peer : s.real_ip_from) lines.push_back("set_real_ip_from " + peer + ";");
  return joined(lines);
}

Names names_of(const Settings& s, const Version& version) {
  Names names = {
      {"USER", s.user.empty() ? "" : "user " + s.user + ";"},
      {"WORKERS", s.workers},
      {"PID", s.run + "/nginx.pid"},
      {"TEMP", s.temp},
      {"LOG", s.log},
      {"UPSTREAMS", upstream_lines(s)},
      {"LISTENS", listen_lines(s, version)},
      {"SERVER_NAME", s.server_name},
      {"TLS", tls_lines(s, version)},
      {"WEB", s.web},
      {"LOGIN_RATE", std::to_string(s.numbers.logins_per_s)},
      {"REAL_IP_FROM", real_ip_lines(s)},
      {"BODY_KIB", std::to_string(s.numbers.body_bytes / 1024)},
  };
  for (const auto& [name, level] : {std::pair{"MAIN", Level::kMain},
                                    {"EVENTS", Level::kEvents},
                                    {"HTTP", Level::kHttp},
                                    {"UPSTREAM", Level::kUpstream},
                                    {"TLS", Level::kTls},
                                    {"STREAM", Level::kStream},
                                    {"WEBSOCKET", Level::kWebSocket},
                                    {"POLL", Level::kPoll},
                                    {"REST", Level::kRest}}) {
    names.emplace(std::string("DIRECTIVES_") + name, lines_of(directives_of(level, s.numbers)));
  }
  return names;
}

}  // namespace

tl::expected<Rendered, std::string> render(Settings settings, const Machine& machine) {
  const auto version = machine.nginx.value_or(kOldest);
  if (version < kOldest) {
    return tl::unexpected("nginx " + text_of(version) + " is too old: " + text_of(kOldest) +
                          " or newer is needed");
  }
  settings = completed(std::move(settings), machine);
  settings.numbers = fitted(settings.numbers, machine);
  if (auto complaint = check(settings)) return tl::unexpected(*complaint);
  const auto names = names_of(settings, version);
  Rendered rendered;
  rendered.notes = notes_on(settings, machine);
  for (const auto& [name, text] : templates()) {
    if (name == kMainTemplate) {
      rendered.files.insert(rendered.files.begin(), File{"nginx.conf", fill(text, names)});
    } else {
      const auto file = std::string(kIncluded) + std::string(name.substr(kSnippets.size()));
      rendered.files.push_back({file, fill(text, names)});
    }
  }
  return rendered;
}

std::string in_one_file(const Rendered& rendered) {
  const auto inlined = [&](const auto& self, std::string_view text) -> std::string {
    std::string out;
    while (!text.empty()) {
      const auto end = text.find('\n');
      const auto line = text.substr(0, end);
      text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
      const auto start = std::min(line.find_first_not_of(' '), line.size());
      const auto file = std::ranges::find_if(rendered.files, [&](const File& candidate) {
        return line.substr(start) == "include " + candidate.name + ";";
      });
      if (file == rendered.files.end()) {
        out.append(line).append("\n");
        continue;
      }
      const Names names = {{"FILE", self(self, file->text)}};
      out += fill(std::string(line.substr(0, start)) + "@FILE@", names);
    }
    return out;
  };
  return inlined(inlined, rendered.files.front().text);
}

}  // namespace fairlead::nginx
