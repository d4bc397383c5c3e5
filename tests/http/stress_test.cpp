// Thousands of requests by clients that abort at random, of every kind at once. Each answer carries
// a token of its own; none may reach anybody else.
#include <gmock/gmock.h>

#include <cstdlib>
#include <random>

#include "server_fixture.h"

namespace fairlead::http {
namespace {

constexpr int kClients = 8;
// 8 x 1,500 by default; FAIRLEAD_STRESS_REQUESTS asks for more of each client.
int requests_each() {
  const char* wanted = std::getenv("FAIRLEAD_STRESS_REQUESTS");
  return wanted == nullptr ? 1'500 : std::max(1, std::atoi(wanted));
}

// Answers a moment later from its own thread, in an order of its own.
class LateAnswers {
 public:
  LateAnswers() : thread_([this] { run(); }) {}
  ~LateAnswers() {
    inbox_.put({{}, std::nullopt});
    thread_.join();
  }
  void put(const Request& request, Responder responder) {
    inbox_.put({request, std::move(responder)});
  }

 private:
  void run() {
    std::vector<Pending> held;
    std::minstd_rand random(7);
    for (;;) {
      Pending next = inbox_.get();
      if (!next.responder) break;
      held.push_back(std::move(next));
      while (!held.empty() && (inbox_.size() == 0 || held.size() > 4)) {
        std::swap(held[random() % held.size()], held.back());
        const Pending last = std::move(held.back());
        held.pop_back();
        last.responder->respond({.body = std::string(last.request.param(":word"))});
      }
    }
  }
  Handoff<Pending> inbox_;
  std::thread thread_;
};

void run_client(int port, int id, int requests, std::atomic<int>& answered,
                std::atomic<int>& foreign) {
  std::minstd_rand random(static_cast<unsigned>(id + 1));
  std::optional<RawClient> c;
  for (int i = 0; i < requests; ++i) {
    if (!c) c.emplace(RawClient::tcp(port));
    const std::string token =
        "t" + std::to_string(id) + "-" + std::to_string(i) + std::string(random() % 40, 'x');
    static constexpr const char* kKinds[] = {"/echo/", "/late/", "/poll/"};
    const std::string request =
        "GET " + std::string(kKinds[random() % 3]) + token + " HTTP/1.1\r\nHost: x\r\n\r\n";
    const auto dice = random() % 12;
    if (dice == 0) {  // aborts in the middle of its request
      c->send(std::string_view(request).substr(0, random() % request.size()));
      c->reset();
      c.reset();
    } else if (dice <= 3) {  // aborts before it reads the answer
      c->send(request);
      if (dice == 1) c->half_close();
      if (dice == 2) c->reset();
      c.reset();
    } else {
      const auto answer = c->exchange(request);
      if (answer.status == 200 && answer.body == token) {
        ++answered;
      } else {
        ++foreign;
        c.reset();
      }
    }
  }
}

TEST_F(ServerTest, GivesEveryClientItsOwnAnswersAndNoOthers) {
  options_.workers = 2;
  LateAnswers late;
  routes_.add(Method::kGet, "/late/:word",
              [&](const Request& request, Responder responder) { late.put(request, responder); });
  Handoff<std::pair<std::string, std::shared_ptr<TakenConnection>>> polls;
  routes_.add(Method::kGet, "/poll/:word", [&](const Request& request, Responder responder) {
    responder.take_over([&, word = std::string(request.param(":word"))](TakenConnection taken) {
      polls.put({word, std::make_shared<TakenConnection>(std::move(taken))});
    });
  });
  start();
  std::thread engine([&] {
    for (;;) {
      auto [word, taken] = polls.get();
      if (!taken) return;
      const std::string answer =
          "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(word.size()) + "\r\n\r\n" + word;
      const ssize_t sent =
          ::send(taken->fd.get(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent == static_cast<ssize_t>(answer.size())) server_->give_back(std::move(*taken));
    }
  });
  std::atomic<int> answered = 0;
  std::atomic<int> foreign = 0;
  std::vector<std::thread> clients;
  for (int id = 0; id < kClients; ++id) {
    clients.emplace_back([&, id] { run_client(port(), id, requests_each(), answered, foreign); });
  }
  for (auto& c : clients) c.join();
  EXPECT_EQ(foreign, 0);
  EXPECT_GT(answered, kClients * requests_each() / 2);
  EXPECT_TRUE(eventually([&] { return server_->stats().connections_open == 0; }));
  polls.put({});
  engine.join();
  server_.reset();
}

}  // namespace
}  // namespace fairlead::http
