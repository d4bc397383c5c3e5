#include "app/config_command.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include "nginx/render.h"
#include "nginx/write.h"

namespace fairlead::app {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr const char* kSystemDirectory = "/etc/nginx";

int complain(const std::string& what, int exit_code) {
  std::fprintf(stderr, "fairlead: %s\n", what.c_str());
  if (exit_code == 2) std::fputs("Try: fairlead config nginx --help\n", stderr);
  return exit_code;
}

nginx::Settings settings_of(const ConfigOptions& options, const std::string& directory) {
  auto settings = options.nginx;
  settings.numbers.drain = std::chrono::seconds(options.server.drain_seconds);
  settings.numbers.shutdown = std::chrono::seconds(options.shutdown_s);
  settings.debian = options.system || options.to_stdout;
  if (!settings.debian && settings.run.empty()) settings.run = directory;
  if (settings.upstreams.empty()) settings.upstreams = {upstream_of(options.server)};
  return settings;
}

// Writes it, and what nginx wants to find.
tl::expected<void, std::string> write(const nginx::Rendered& rendered, const ConfigOptions& options,
                                      const nginx::Settings& settings,
                                      const std::string& directory) {
  if (!options.system) {
    for (const auto& needed : {settings.run, settings.log}) {
      if (needed.empty()) continue;
      if (auto made = nginx::make_directory(needed); !made) return made;
    }
  }
  return nginx::write(rendered, directory);
}

int run_nginx(const ConfigOptions& options) {
  auto machine = nginx::this_machine();
  if (!options.nginx_version.empty()) {
    machine.nginx = nginx::parse_version(options.nginx_version);
    if (!machine.nginx) {
      return complain(
          "--nginx-version '" + options.nginx_version + "': a version as 1.22.1 is expected", 2);
    }
  }
  const auto directory =
      std::filesystem::absolute(options.out.empty() ? kSystemDirectory : options.out)
          .lexically_normal()
          .string();
  const auto settings = settings_of(options, directory);
  const auto rendered = nginx::render(settings, machine);
  if (!rendered) return complain(rendered.error(), 2);
  for (const auto& note : rendered->notes) std::fprintf(stderr, "note: %s\n", note.c_str());
  if (options.to_stdout) {
    const auto text = nginx::in_one_file(*rendered);
    std::fputs(text.c_str(), stdout);
    return std::fflush(stdout) == 0 ? 0 : 1;
  }
  if (const auto written = write(*rendered, options, settings, directory); !written) {
    return complain(written.error(), 1);
  }
  std::printf("%s/nginx.conf and %s/fairlead/ are written; next: nginx -t %s%s\n",
              directory.c_str(), directory.c_str(),
              options.system && options.out.empty() ? "" : "-c ",
              options.system && options.out.empty() ? "&& systemctl reload nginx"
                                                    : (directory + "/nginx.conf").c_str());
  return 0;
}

}  // namespace

std::string upstream_of(const Config& server) {
  const auto& all = server.listen;
  const auto socket = std::ranges::find_if(
      all, [](const std::string& address) { return address.starts_with(kUnix); });
  if (socket != all.end()) {
    return std::string(kUnix) +
           std::filesystem::absolute(socket->substr(kUnix.size())).lexically_normal().string();
  }
  auto address = all.empty() ? std::string() : all.front();
  for (const std::string_view any : {"0.0.0.0:", "*:", "[::]:"}) {
    if (address.starts_with(any)) return "127.0.0.1:" + address.substr(any.size());
  }
  return address;
}

int run_config(const ConfigOptions& options) {
  if (options.task == ConfigOptions::Task::kNginx) return run_nginx(options);
  std::fputs(options.shown.c_str(), stdout);
  return 0;
}

}  // namespace fairlead::app
