#pragma once

#include <string>

#include "app/config.h"
#include "nginx/settings.h"

namespace CLI {
class App;
}

namespace fairlead::app {

// What `fairlead config` was asked for.
struct ConfigOptions {
  enum class Task { kShow, kNginx };
  Task task = Task::kShow;
  Config server;      // of `serve`, as it would start
  std::string shown;  // kShow: what to print

  // kNginx. Where the configuration goes: one of the three.
  std::string out;
  bool system = false;
  bool to_stdout = false;
  nginx::Settings nginx;
  std::string nginx_version;  // empty: the installed one
  int shutdown_s = static_cast<int>(nginx::Numbers{}.shutdown.count());
};

// The subcommands of `fairlead config`, beside the options of `serve`, and help that teaches them.
void add_config_options(CLI::App& config, ConfigOptions& options);

// Once parsed: fills in what follows from the command line as a whole. Throws CLI::Error for what
// makes no sense together; CLI::CallForHelp for `fairlead config` alone.
void finish_config_options(const CLI::App& config, int argc, const char* const* argv,
                           ConfigOptions& options);

}  // namespace fairlead::app
