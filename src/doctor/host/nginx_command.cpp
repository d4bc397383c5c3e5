#include "doctor/host/nginx_command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <vector>

#include "core/unique_fd.h"
#include "doctor/way/interrupt.h"

extern char** environ;

namespace fairlead::doctor {
namespace {

using Failed = tl::unexpected<std::string>;
using std::chrono::steady_clock;

constexpr auto kLimit = std::chrono::seconds(10);
constexpr std::size_t kOutputBytesMax = 8 * 1024 * 1024;

const char* find_nginx() {
  for (const auto* path : {"/usr/sbin/nginx", "/usr/local/nginx/sbin/nginx",
                           "/usr/local/sbin/nginx", "/usr/bin/nginx", "/opt/nginx/sbin/nginx"}) {
    if (::access(path, X_OK) == 0) return path;
  }
  return nullptr;
}

// False: it took too long, or said too much.
bool read_all(int fd, std::string& output) {
  const auto limit = steady_clock::now() + kLimit;
  std::array<char, 16 * 1024> buffer;
  while (steady_clock::now() < limit && !interrupted() && output.size() <= kOutputBytesMax) {
    pollfd watched{fd, POLLIN, 0};
    if (::poll(&watched, 1, 100) <= 0) continue;
    const auto got = ::read(fd, buffer.data(), buffer.size());
    if (got <= 0) return true;
    output.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return false;
}

// The line of nginx's own that says why.
std::string complaint(const std::string& output) {
  for (const auto* mark : {"[emerg]", "[alert]"}) {
    if (const auto at = output.find(mark); at != output.npos)
      return output.substr(at, output.find('\n', at) - at);
  }
  return output.substr(0, output.find('\n'));
}

}  // namespace

tl::expected<std::string, std::string> run_nginx_dump(const std::string& conf) {
  const char* nginx = find_nginx();
  if (nginx == nullptr) return Failed("no nginx is installed here");
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Failed(std::strerror(errno));
  UniqueFd read_end(ends[0]), write_end(ends[1]);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, write_end.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, write_end.get(), STDERR_FILENO);
  std::vector<std::string> words{nginx, "-T"};
  // It would look for a relative path where its own files are.
  if (!conf.empty()) words.insert(words.end(), {"-c", std::filesystem::absolute(conf).string()});
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, nginx, &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return Failed(std::strerror(failed));
  write_end.reset();
  std::string output;
  const bool whole = read_all(read_end.get(), output);
  if (!whole) ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!whole) return Failed("`nginx -T` does not end, or prints more than 8 MiB");
  if (status != 0)
    return Failed("`nginx -T` fails: " + complaint(output) +
                  (::geteuid() == 0 ? "" : " (only root may read everything)"));
  return output;
}

}  // namespace fairlead::doctor
