#include <sys/resource.h>

#include <csignal>
#include <cstdio>

#include "app/command_line.h"
#include "app/config_command.h"
#include "app/node.h"
#include "app/version.h"
#include "core/log_line.h"
#include "doctor/doctor.h"
#include "load/bench.h"

// jemalloc(3), TUNING: what tens of thousands of connections took while they came and no longer need
// goes back to the system within a second; few arenas, because what one thread makes another one
// frees. Any thread's small blocks come out of its own cache all the same.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf =
    "background_thread:true,max_background_threads:1,dirty_decay_ms:1000,muzzy_decay_ms:0,"
    "narenas:4";
}

namespace {

// One descriptor a connection: the shell's default of 1,024 would be the limit long before memory
// is.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int serve(const fairlead::app::Config& config) {
  // Before any thread: they all inherit the mask, and only this one waits for the signals.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  if (!config.audit_log.empty()) sigaddset(&signals, SIGHUP);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();

  fairlead::app::Node node(config);
  if (const auto started = node.start(); !started) {
    std::fprintf(stderr, "fairlead: %s\n", started.error().detail.c_str());
    return 1;
  }
  std::printf("ready listen=%s node=%s version=%s\n", node.addresses().c_str(), config.node.c_str(),
              fairlead::app::kVersion);
  std::fflush(stdout);
  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) node.reopen_files();
  node.stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto line = fairlead::app::parse_command_line(argc, argv);
  if (!line.run) return line.exit_code;
  if (line.subcommand == fairlead::app::Subcommand::kBench)
    return fairlead::load::bench(line.bench);
  if (line.subcommand == fairlead::app::Subcommand::kConfig)
    return fairlead::app::run_config(line.config_command);
  if (line.subcommand == fairlead::app::Subcommand::kDoctor)
    return fairlead::doctor::doctor(line.doctor);
  spdlog::set_level(spdlog::level::from_str(line.config.log_level));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  return serve(line.config);
}
