#pragma once

#include <hiredis/hiredis.h>
#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"

namespace fairlead::redis {

// A real redis-server on a Unix socket in a directory of its own, without persistence. Dies with
// the test's thread. Any failure to start it fails the test by an exception: nothing is skipped.
class RedisServer {
 public:
  RedisServer();
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  std::string address() const { return "unix:" + socket_; }
  std::string tcp_address();  // from the next start() on it also listens there
  void start();               // returns when it answers
  void stop();                // SIGKILL: what it held is gone
  void pause();               // SIGSTOP: connections stand, nobody answers
  void resume();

  // Runs a command on a connection of its own and gives the answer as text ("" for nil).
  std::string command(const std::vector<std::string>& words);
  // calls of each command so far (INFO commandstats), those by scripts included
  std::map<std::string, long> calls();

 private:
  std::string directory_;
  std::string socket_;
  int port_ = 0;
  pid_t pid_ = -1;
  std::unique_ptr<redisContext, decltype(&redisFree)> client_{nullptr, redisFree};
};

}  // namespace fairlead::redis
