#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "http/server.h"
#include "raw_client.h"

namespace fairlead::http {

// Polls until `condition` holds; false after 20 s.
template <typename Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

// Hands things from the server's threads to the test's, in order.
template <typename T>
class Handoff {
 public:
  void put(T value) {
    const std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
    changed_.notify_all();
  }
  // Fails the test and returns T{} if nothing comes.
  T get() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(20), [&] { return !values_.empty(); })) {
      ADD_FAILURE() << "nothing came within 20 s";
      return T{};
    }
    T value = std::move(values_.front());
    values_.pop_front();
    return value;
  }
  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return values_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> values_;
};

struct Pending {
  Request request;
  std::optional<Responder> responder;
};

// A server on a free loopback port with the routes that most tests want.
class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    options_.listen = {"127.0.0.1:0"};
    routes_.add(Method::kGet, "/echo/:word", [](const Request& request, Responder responder) {
      responder.respond({.body = std::string(request.param(":word"))});
    });
    routes_.add(Method::kPost, "/echo", [](const Request& request, Responder responder) {
      responder.respond({.body = std::string(to_string(request.method)) + " " + request.body});
    });
    routes_.add(Method::kPut, "/echo", [](const Request& request, Responder responder) {
      responder.respond({.body = std::string(to_string(request.method)) + " " + request.body});
    });
    routes_.add(Method::kGet, "/later/:word", [this](const Request& request, Responder responder) {
      pending_.put({request, responder});
    });
    routes_.add(Method::kGet, "/take/:word", [this](const Request&, Responder responder) {
      responder.take_over([this](TakenConnection taken) { taken_.put(std::move(taken)); });
    });
    routes_.add(Method::kGet, "/big/:bytes", [](const Request& request, Responder responder) {
      responder.respond(
          {.body = std::string(std::stoul(std::string(request.param(":bytes"))), 'x')});
    });
  }

  void start() {
    server_.emplace(options_, routes_);
    const auto started = server_->start();
    ASSERT_TRUE(started.has_value()) << started.error().detail;
  }
  int port() const { return server_->ports().front(); }
  RawClient client() const { return RawClient::tcp(port()); }

  static std::string get(const std::string& target, const std::string& headers = "") {
    return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
  }
  static std::string post(const std::string& target, const std::string& body,
                          const std::string& headers = "") {
    return "POST " + target +
           " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           headers + "\r\n" + body;
  }

  ServerOptions options_;
  Routes routes_;
  // In front of the server: they outlive its threads.
  Handoff<Pending> pending_;
  Handoff<TakenConnection> taken_;
  std::optional<Server> server_;
};

}  // namespace fairlead::http
