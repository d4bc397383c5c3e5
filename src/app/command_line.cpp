#include "app/command_line.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cctype>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string_view>

#include "app/bench_options.h"
#include "app/doctor_options.h"
#include "app/serve_options.h"
#include "app/version.h"

namespace fairlead::app {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "node";
  return name.data();
}

// FAIRLEAD_DRAIN_SECONDS for drain-seconds.
std::string variable_of(std::string option) {
  for (auto& c : option) c = c == '-' ? '_' : static_cast<char>(std::toupper(c));
  return "FAIRLEAD_" + option;
}

// A config file names the options of the server without a section for it, whichever subcommand asks
// for them, and a variable wins over it.
class ServerConfigFile final : public CLI::ConfigBase {
 public:
  explicit ServerConfigFile(const CLI::App& app) : app_(app) {}

  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
    auto entries = ConfigBase::from_config(input);
    std::erase_if(entries, [](const CLI::ConfigItem& entry) {
      return std::getenv(variable_of(entry.name).c_str()) != nullptr;
    });
    for (auto& entry : entries) {
      if (entry.parents.empty())
        entry.parents = {app_.got_subcommand("config") ? "config" : "serve"};
    }
    return entries;
  }

 private:
  const CLI::App& app_;
};

// "a, b and c": what there is to do.
std::string subcommands_of(const CLI::App& app) {
  std::string all;
  const auto subcommands = app.get_subcommands(std::function<bool(const CLI::App*)>());
  for (std::size_t i = 0; i < subcommands.size(); ++i) {
    if (i > 0) all += i + 1 < subcommands.size() ? ", " : " and ";
    all += subcommands[i]->get_name();
  }
  return all;
}

// What went wrong, in words for somebody who has just typed it.
std::string explain(const CLI::App& app, const CLI::Error& error, int argc,
                    const char* const* argv) {
  std::string what = error.what();
  const auto* parsed = &app;
  std::string help = "fairlead";
  while (!parsed->get_subcommands().empty()) {
    parsed = parsed->get_subcommands().front();
    help += " " + parsed->get_name();
  }
  if (parsed == &app && error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError)) {
    const std::string_view first = argc > 1 ? argv[1] : "";
    const auto all = subcommands_of(app);
    what = first.empty() || first.starts_with('-')
               ? "say what to do: " + all
               : "there is no '" + std::string(first) + "': " + all + " are what there is";
  }
  return "fairlead: " + what + "\nTry: " + help + " --help\n";
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  CLI::App app{"Fairlead: real-time messaging that gets through any network."};
  app.set_version_flag("--version", std::string("fairlead ") + kVersion);
  app.require_subcommand(1);
  app.footer(
      "First steps: fairlead serve --data ./data, or deploy/quickstart for the whole thing.\n"
      "The nginx in front of it: fairlead config nginx --help\n"
      "How fast is it? fairlead bench http://127.0.0.1:8400\n"
      "What is in the way? fairlead doctor https://chat.example.org");
  auto* serve = app.add_subcommand("serve", "Run a node: REST, WebSocket, SSE and long poll");
  add_serve_options(*serve, line.config);
  auto* bench =
      app.add_subcommand("bench", "Measure a deployment: fairlead bench https://chat.example.org");
  add_bench_options(*bench, line.bench);
  auto* config = app.add_subcommand("config", "Show the settings; make the nginx configuration");
  add_config_options(*config, line.config_command);
  auto* doctor = app.add_subcommand(
      "doctor", "Find out what stands between here and a deployment, and what to change there");
  add_doctor_options(*doctor, line.doctor);
  app.allow_config_extras(CLI::config_extras_mode::error);  // a misspelt name is a mistake
  for (auto* with_file : {serve, config}) {                 // `serve --config FILE`
    with_file->fallthrough();
    with_file->allow_config_extras(CLI::config_extras_mode::error);
  }
  app.config_formatter(std::make_shared<ServerConfigFile>(app));
  app.set_config("--config", "",
                 "Options of serve, one name=value a line, as serve --help names them")
      ->check(CLI::ExistingFile);
  app.failure_message(
      [&](const CLI::App*, const CLI::Error& error) { return explain(app, error, argc, argv); });
  try {
    app.parse(argc, argv);
    if (config->parsed()) finish_config_options(*config, argc, argv, line.config_command);
  } catch (const CLI::ParseError& e) {
    line.exit_code = app.exit(e) == 0 ? 0 : 2;
    return line;
  }
  if (bench->parsed()) line.subcommand = Subcommand::kBench;
  if (config->parsed()) line.subcommand = Subcommand::kConfig;
  if (doctor->parsed()) line.subcommand = Subcommand::kDoctor;
  if (line.config.node.empty()) line.config.node = host_name();
  line.run = true;
  return line;
}

}  // namespace fairlead::app
