#include "tests/presence/child_node.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "presence/redis/redis_map.h"
#include "tests/redis/eventually.h"

namespace fairlead::presence {
using redis::eventually;

namespace {

constexpr int kReadyFd = 3;

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

TEST(ChildNode, DISABLED_Runs) {
  RedisOptions options;
  options.address = setting("CHILD_ADDRESS");
  ASSERT_FALSE(options.address.empty()) << "started by ChildNode only";
  options.node = "child";
  options.lease_ttl = Millis(std::stol(setting("CHILD_LEASE_MS")));
  options.leave_grace = Millis(std::stol(setting("CHILD_GRACE_MS")));
  RedisMap map(options);
  map.start();
  for (int i = std::stoi(setting("CHILD_FIRST")); i <= std::stoi(setting("CHILD_LAST")); ++i) {
    map.open(UserId(i), "s_" + std::to_string(i), "websocket");
  }
  ASSERT_TRUE(eventually([&] { return map.healthy(); }));
  ASSERT_EQ(write(kReadyFd, "r", 1), 1);
  for (;;) ::pause();  // until it is killed
}

}  // namespace

ChildNode::ChildNode(const RedisOptions& options, int first, int last) {
  int fds[2];
  if (pipe(fds) != 0) throw std::runtime_error("pipe failed");
  ready_.reset(fds[0]);
  UniqueFd theirs(fds[1]);
  const std::vector<std::string> environment{
      "CHILD_ADDRESS=" + options.address,
      "CHILD_LEASE_MS=" + std::to_string(options.lease_ttl.count()),
      "CHILD_GRACE_MS=" + std::to_string(options.leave_grace.count()),
      "CHILD_FIRST=" + std::to_string(first),
      "CHILD_LAST=" + std::to_string(last),
      "PATH=" + setting("PATH"),
      "TSAN_OPTIONS=" + setting("TSAN_OPTIONS"),
      "ASAN_OPTIONS=" + setting("ASAN_OPTIONS")};
  std::vector<char*> envp;
  for (const std::string& e : environment) envp.push_back(const_cast<char*>(e.c_str()));
  envp.push_back(nullptr);
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {  // only calls that are safe after fork() of a process with threads
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(fds[1], kReadyFd);
    const char* argv[] = {"child", "--gtest_also_run_disabled_tests",
                          "--gtest_filter=ChildNode.DISABLED_Runs", nullptr};
    execve("/proc/self/exe", const_cast<char**>(argv), envp.data());
    _exit(127);
  }
  theirs.reset();
  char byte;
  if (read(ready_.get(), &byte, 1) != 1) throw std::runtime_error("the child node did not start");
}

void ChildNode::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void ChildNode::pause() {
  ::kill(pid_, SIGSTOP);
  waitpid(pid_, nullptr, WUNTRACED);
}

void ChildNode::resume() {
  ::kill(pid_, SIGCONT);
}

}  // namespace fairlead::presence
