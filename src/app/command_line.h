#pragma once

#include "app/config.h"
#include "app/config_options.h"
#include "doctor/options.h"
#include "load/options.h"

namespace fairlead::app {

enum class Subcommand { kServe, kBench, kConfig, kDoctor };

struct CommandLine {
  Subcommand subcommand = Subcommand::kServe;
  Config config;  // of serve
  load::Options bench;
  ConfigOptions config_command;
  doctor::Options doctor;
  bool run = false;   // false: --help, --version or a mistake; it has been printed
  int exit_code = 0;  // then: 0, or 2 for a mistake
};

// Flags over FAIRLEAD_… variables over the --config file over the defaults. Prints help and
// mistakes.
CommandLine parse_command_line(int argc, const char* const* argv);

}  // namespace fairlead::app
