#pragma once

#include <string>

namespace fairlead::doctor {

// What `fairlead doctor` was asked for, as it was written.
struct Options {
  std::string url;    // empty: `host` alone
  std::string proxy;  // empty: as the environment says; "none"
  std::string connect_to;  // HOST:PORT
  std::string ca_file;
  bool insecure = false;
  std::string token, token_file;
  std::string user, password_file;
  bool guest = false;
  int idle_s = 5;
  int lifetime_s = 0;
  bool json = false;
  bool host = false;       // look at this machine, too
  std::string nginx_conf;  // its main file; empty: nginx's own default
  std::string nginx_dump;  // a file with the output of `nginx -T`, instead of running it
  int sessions = 10'000;   // how many are wanted
};

}  // namespace fairlead::doctor
