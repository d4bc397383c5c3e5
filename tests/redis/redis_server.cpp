#include "tests/redis/redis_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "core/unique_fd.h"
#include "tests/redis/eventually.h"

namespace fairlead::redis {

RedisServer::RedisServer() {
  std::string name = std::filesystem::temp_directory_path() / "presence-XXXXXX";
  if (!mkdtemp(name.data())) throw std::runtime_error("mkdtemp failed");
  directory_ = name;
  socket_ = directory_ + "/redis.sock";
  start();
}

RedisServer::~RedisServer() {
  stop();
  std::filesystem::remove_all(directory_);
}

std::string RedisServer::tcp_address() {
  if (port_ == 0) {  // one that was free a moment ago
    const UniqueFd fd(socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (bind(fd.get(), reinterpret_cast<sockaddr*>(&at), size) != 0 ||
        getsockname(fd.get(), reinterpret_cast<sockaddr*>(&at), &size) != 0) {
      throw std::runtime_error("no free port");
    }
    port_ = ntohs(at.sin_port);
  }
  return "127.0.0.1:" + std::to_string(port_);
}

void RedisServer::start() {
  const std::string port = std::to_string(port_);
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execlp("redis-server", "redis-server", "--port", port.c_str(), "--bind", "127.0.0.1",
           "--unixsocket", socket_.c_str(), "--save", "", "--appendonly", "no", "--dir",
           directory_.c_str(), "--logfile", "redis.log", nullptr);
    _exit(127);
  }
  const bool answers = eventually([&] {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_)
      throw std::runtime_error("redis-server did not start");
    client_.reset(redisConnectUnix(socket_.c_str()));
    return client_ && client_->err == 0 && command({"PING"}) == "PONG";
  });
  if (!answers) throw std::runtime_error("redis-server does not answer");
}

void RedisServer::stop() {
  client_.reset();
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
  std::filesystem::remove(socket_);
}

void RedisServer::pause() {
  kill(pid_, SIGSTOP);
}
void RedisServer::resume() {
  kill(pid_, SIGCONT);
}

std::string RedisServer::command(const std::vector<std::string>& words) {
  std::vector<const char*> argv;
  std::vector<std::size_t> lengths;
  for (const std::string& word : words) {
    argv.push_back(word.data());
    lengths.push_back(word.size());
  }
  std::unique_ptr<redisReply, decltype(&freeReplyObject)> reply(
      static_cast<redisReply*>(redisCommandArgv(client_.get(), static_cast<int>(argv.size()),
                                                argv.data(), lengths.data())),
      freeReplyObject);
  if (!reply) return "lost";
  if (reply->type == REDIS_REPLY_INTEGER) return std::to_string(reply->integer);
  return reply->str ? std::string(reply->str, reply->len) : std::string();
}

std::map<std::string, long> RedisServer::calls() {
  std::map<std::string, long> calls;
  std::istringstream info(command({"INFO", "commandstats"}));
  for (std::string line; std::getline(info, line);) {  // cmdstat_NAME:calls=N,usec=…
    const auto colon = line.find(":calls=");
    if (!line.starts_with("cmdstat_") || colon == std::string::npos) continue;
    calls[line.substr(8, colon - 8)] = std::atol(line.c_str() + colon + 7);
  }
  return calls;
}

}  // namespace fairlead::redis
