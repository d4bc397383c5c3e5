#pragma once

#include <string>

#include "doctor/verdict/finding.h"

namespace fairlead::doctor {

struct HostQuestion {
  std::string nginx_conf;  // empty: nginx's default
  std::string nginx_dump;  // a file with the output of `nginx -T`, instead of running it
  int sessions = 10'000;
  std::string url_host, url_prefix;  // of the deployment, if one was named
};

// What on this machine limits a server: descriptors, the kernel, and nginx's configuration. Runs
// `nginx -T`; blocks, at most 10 s.
Findings look_at_host(const HostQuestion& question);

}  // namespace fairlead::doctor
