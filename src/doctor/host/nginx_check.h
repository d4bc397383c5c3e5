#pragma once

#include <string>

#include "doctor/host/nginx_config.h"
#include "doctor/verdict/finding.h"

namespace fairlead::doctor {

struct NginxQuestion {
  std::string host;          // the deployment's, to find its server among others; empty: any
  std::string prefix;        // of its path: "" or "/chat"
  std::size_t sessions = 0;  // wanted at once
  unsigned processors = 1;   // what `worker_processes auto` makes of this machine
};

struct NginxLook {
  Findings findings;
  bool tcp_upstream = false;  // it reaches a node over TCP: each stream takes a local port
};

// What of a configuration is not as the server expects it (nginx/expected.h), directive by
// directive with file and line. Pure.
NginxLook check_nginx(const Directives& config, const NginxQuestion& question);

}  // namespace fairlead::doctor
