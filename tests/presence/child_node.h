#pragma once

#include <sys/types.h>

#include <string>

#include "core/unique_fd.h"
#include "presence/redis/options.h"

namespace fairlead::presence {

// A node in a process of its own, with session s_USER over websocket for each user `first`..`last`;
// a process, because it must be killed and stopped as one. Runs the test `ChildNode.DISABLED_Runs`
// of this same binary. Dies with the test's thread.
class ChildNode {
 public:
  ChildNode(const RedisOptions& options, int first, int last);  // returns when it is registered
  ~ChildNode() { kill(); }
  ChildNode(const ChildNode&) = delete;
  ChildNode& operator=(const ChildNode&) = delete;

  void kill();    // SIGKILL
  void pause();   // SIGSTOP; returns when it stands
  void resume();  // SIGCONT

 private:
  pid_t pid_ = -1;
  UniqueFd ready_;
};

}  // namespace fairlead::presence
