#include "nginx/render.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "nginx/expected.h"
#include "nginx/write.h"

namespace fairlead::nginx {
namespace {

namespace fs = std::filesystem;

Settings settings() {
  Settings s;
  s.upstreams = {"unix:/run/fairlead/fairlead.sock"};
  s.run = "/srv/run";
  return s;
}

Machine machine(Version version = {1, 22, 1}) {
  return {.is_root = true, .descriptors_max = {}, .nginx = version};
}

std::string file(const Rendered& rendered, std::string_view name) {
  const auto it = std::ranges::find(rendered.files, name, &File::name);
  if (it == rendered.files.end()) throw std::out_of_range(std::string(name));
  return it->text;
}

std::string main_file(const Settings& s, const Machine& m = machine()) {
  return render(s, m).value().files.front().text;
}

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// The lines of `text` without blanks around them and without comments.
std::vector<std::string> bare_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    auto line = text.substr(at, end - at);
    line.erase(std::min(line.find("  # "), line.size()));
    line.erase(0, std::min(line.find_first_not_of(' '), line.size()));
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(line);
    at = end + 1;
  }
  return lines;
}

std::string refusal(const Settings& s, const Machine& m = machine()) {
  const auto rendered = render(s, m);
  return rendered ? "" : rendered.error();
}

TEST(Render, EveryExpectedDirectiveStandsInItsFile) {
  auto s = settings();
  s.tls = {"/etc/cert.pem", "/etc/key.pem"};
  const auto rendered = render(s, machine()).value();
  for (const auto& [level, name] : {std::pair{Level::kMain, "nginx.conf"},
                                    {Level::kEvents, "nginx.conf"},
                                    {Level::kUpstream, "nginx.conf"},
                                    {Level::kHttp, "fairlead/http.conf"},
                                    {Level::kTls, "fairlead/tls.conf"},
                                    {Level::kStream, "fairlead/stream.conf"},
                                    {Level::kWebSocket, "fairlead/websocket.conf"},
                                    {Level::kPoll, "fairlead/poll.conf"},
                                    {Level::kRest, "fairlead/rest.conf"}}) {
    const auto lines = bare_lines(file(rendered, name));
    for (const auto& directive : directives_of(level, s.numbers)) {
      const auto line = directive.name + " " + directive.value + ";";
      const bool there = std::ranges::find(lines, line) != lines.end();
      const bool elsewhere =
          directive.rule == Rule::kAbsent || directive.name.starts_with("server ");
      EXPECT_EQ(there, !elsewhere) << name << ": " << line;
    }
  }
}

TEST(Render, EveryTimeoutOfTheServerIsInTheTextAsTheLimitsSay) {
  const auto rendered = render(settings(), machine()).value();
  const auto seconds = [](auto time) {
    return std::to_string(std::chrono::seconds(time).count()) + "s;";
  };
  const Numbers numbers;
  EXPECT_TRUE(holds(file(rendered, "fairlead/stream.conf"),
                    "proxy_read_timeout " + seconds(numbers.silence)));
  EXPECT_TRUE(holds(file(rendered, "fairlead/poll.conf"),
                    "proxy_read_timeout " + seconds(numbers.silence)));
  EXPECT_TRUE(
      holds(file(rendered, "fairlead/http.conf"), "send_timeout " + seconds(numbers.unread)));
  EXPECT_TRUE(holds(file(rendered, "fairlead/problem_maps.conf"),
                    std::to_string(limits::kRequestBodyBytesMax / 1024) + " KiB at most"));
}

TEST(Render, ANodeIsALineAndIsNeverTakenOutForOneFailure) {
  auto s = settings();
  s.upstreams = {"unix:/a", "127.0.0.1:8400"};
  const auto text = main_file(s);
  EXPECT_TRUE(holds(text, "        server unix:/a max_fails=0;"));
  EXPECT_TRUE(holds(text, "        server 127.0.0.1:8400 max_fails=0;"));
  s.upstreams.clear();
  EXPECT_TRUE(holds(refusal(s), "--upstream"));
}

TEST(Render, Http2IsWrittenAsTheVersionReadsIt) {
  auto s = settings();
  s.tls = {"/c", "/k"};
  EXPECT_TRUE(holds(main_file(s, machine({1, 25, 0})), "listen 127.0.0.1:8080 ssl http2 "));
  const auto newer = main_file(s, machine({1, 25, 1}));
  EXPECT_TRUE(holds(newer, "listen 127.0.0.1:8080 ssl so_keepalive"));
  EXPECT_TRUE(holds(newer, "        http2 on;\n"));
  EXPECT_FALSE(holds(main_file(settings()), "http2 on"));
  auto unknown = machine();
  unknown.nginx.reset();
  EXPECT_TRUE(holds(main_file(s, unknown), " ssl http2 "));
  EXPECT_TRUE(holds(refusal(s, machine({1, 14, 2})), "too old"));
}

TEST(Render, TheSystemsNginxHasItsOwnPlacesPortsAndUser) {
  auto s = settings();
  s.run.clear();
  s.debian = true;
  auto text = main_file(s);
  for (const auto* part :
       {"user www-data;", "pid \"/run/nginx.pid\";", "listen 80 ", "listen [::]:80 ",
        "\"/var/log/nginx/access.log\"", "proxy_temp_path \"/var/lib/nginx/proxy\""}) {
    EXPECT_TRUE(holds(text, part)) << part;
  }
  s.tls = {"/c", "/k"};
  EXPECT_TRUE(holds(main_file(s), "listen [::]:443 ssl "));
}

TEST(Render, WhoIsNotRootGetsAsManyConnectionsAsFilesMayBeOpened) {
  Machine small{.is_root = false, .descriptors_max = 4096, .nginx = Version{1, 22, 1}};
  const auto text = main_file(settings(), small);
  EXPECT_TRUE(holds(text, "worker_connections 2048;"));
  EXPECT_TRUE(holds(text, "worker_rlimit_nofile 4096;"));
  EXPECT_FALSE(holds(text, "\nuser "));
  small.is_root = true;
  EXPECT_TRUE(holds(main_file(settings(), small), "worker_connections 16384;"));
}

TEST(Render, AShutdownShorterThanTheDrainIsRefused) {
  auto s = settings();
  s.numbers.drain = std::chrono::seconds(60);
  s.numbers.shutdown = std::chrono::seconds(79);
  EXPECT_TRUE(holds(refusal(s), "80 or more"));
  s.numbers.shutdown = std::chrono::seconds(80);
  EXPECT_TRUE(holds(main_file(s), "worker_shutdown_timeout 80s;"));
}

TEST(Render, NoValueReachesTheFileThatNginxWouldReadAsMore) {
  using Change = void (*)(Settings&);
  for (const Change change : std::initializer_list<Change>{
           [](Settings& s) { s.listens = {"80; return 200"}; },
           [](Settings& s) { s.upstreams = {"unix:/a; }"}; },
           [](Settings& s) { s.server_name = "a; include /etc/passwd"; },
           [](Settings& s) { s.web = "/srv/\"; }"; }, [](Settings& s) { s.web = "/srv/$host"; },
           [](Settings& s) { s.run = "/srv\n"; }, [](Settings& s) { s.log = "/srv/lo\"g"; },
           [](Settings& s) { s.user = "root;"; }, [](Settings& s) { s.workers = "2; daemon off"; },
           [](Settings& s) { s.numbers.stream_buffer = "2k; a"; },
           [](Settings& s) { s.numbers.websocket_buffer = "2k; a"; },
           [](Settings& s) {
             s.tls = {"/c\"", "/k"};
           },
           [](Settings& s) {
             s.tls = {"/c", "/k;\""};
           },
           [](Settings& s) { s.real_ip_from = {"10.0.0.0/8; x"}; }}) {
    auto s = settings();
    change(s);
    EXPECT_TRUE(holds(refusal(s), "--")) << refusal(s);
  }
}

TEST(Render, LoadBalancersAreBelievedByName) {
  auto s = settings();
  EXPECT_FALSE(holds(file(render(s, machine()).value(), "fairlead/trusted_proxies.conf"),
                     "set_real_ip_from "));
  s.real_ip_from = {"192.0.2.1", "2001:db8::/32"};
  const auto text = file(render(s, machine()).value(), "fairlead/trusted_proxies.conf");
  EXPECT_TRUE(holds(text, "set_real_ip_from 192.0.2.1;\nset_real_ip_from 2001:db8::/32;\n"));
}

TEST(Render, WhatAnOperatorShouldKnowIsANote) {
  auto s = settings();
  s.web = "/nowhere";
  s.upstreams = {"127.0.0.1:8400"};
  const auto notes = render(s, machine()).value().notes;
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_TRUE(holds(notes[0], "/nowhere"));
  EXPECT_TRUE(holds(notes[1], "--trusted-proxy"));
}

TEST(Render, OneFileHoldsWhatTheOthersWouldInclude) {
  const auto rendered = render(settings(), machine()).value();
  const auto text = in_one_file(rendered);
  for (const auto& line : bare_lines(text)) EXPECT_FALSE(line.starts_with("include ")) << line;
  for (const auto& part : rendered.files) {
    if (part.name == "fairlead/tls.conf") continue;  // nobody includes it without a certificate
    for (const auto& line : bare_lines(part.text)) {
      EXPECT_TRUE(line.starts_with("include ") || holds(text, line)) << part.name << ": " << line;
    }
  }
}

TEST(Write, WhatWasThereBeforeIsKeptOnce) {
  const auto folder = fs::temp_directory_path() / ("fairlead-nginx-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const auto read = [&](const char* name) {
    std::ifstream in(folder / name);
    return std::string{std::istreambuf_iterator<char>(in), {}};
  };
  std::ofstream(folder / "nginx.conf") << "events {}\n";
  const auto rendered = render(settings(), machine()).value();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(write(rendered, folder.string()));
    EXPECT_EQ(read("nginx.conf"), rendered.files.front().text);
    EXPECT_EQ(read("nginx.conf.before-fairlead"), "events {}\n");
    EXPECT_EQ(read("fairlead/poll.conf"), file(rendered, "fairlead/poll.conf"));
    EXPECT_FALSE(fs::exists(folder / "nginx.conf.new"));
  }
  fs::remove_all(folder);
}

TEST(Write, WhatCannotBeWrittenIsNamed) {
  const auto written = write(render(settings(), machine()).value(), "/dev/null/etc");
  ASSERT_FALSE(written);
  EXPECT_TRUE(holds(written.error(), "/dev/null/etc"));
}

}  // namespace
}  // namespace fairlead::nginx
