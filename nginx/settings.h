#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nginx/numbers.h"
#include "nginx/version.h"

namespace fairlead::nginx {

struct Certificate {
  std::string certificate;  // PEM files
  std::string key;
};

// What an operator may choose for the nginx in front. Paths may be relative to the directory that
// the program was started in.
struct Settings {
  std::vector<std::string> listens;    // empty: 127.0.0.1:8080; of Debian's service 80, or 443
  std::vector<std::string> upstreams;  // the nodes: unix:/path or HOST:PORT; at least one
  std::string server_name = "_";
  std::string web = "/usr/share/fairlead/web";  // the pages
  std::optional<Certificate> tls;
  std::vector<std::string> real_ip_from;  // load balancers that are believed
  std::string run;                        // of the pid; of Debian's service /run
  std::string temp;                       // of what does not fit in memory; empty: run, or Debian's
  std::string log;
  std::string user;  // of the workers; empty: whoever starts it
  std::string workers = "auto";
  bool debian = false;  // for Debian's nginx.service: its paths, its user
  Numbers numbers;
};

// What the rendering has to know of the machine that nginx will run on.
struct Machine {
  bool is_root = false;                          // whether nginx is started as root
  std::optional<std::uint64_t> descriptors_max;  // the hard limit, for others than root
  std::optional<Version> nginx;                  // nothing: unknown
};

// This one. Runs `nginx -v`.
Machine this_machine();

}  // namespace fairlead::nginx
