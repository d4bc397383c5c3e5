#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "hub/shard.h"
#include "protocol/json.h"

namespace fairlead::chat {

// The receiving end of one session: what its client would read. Written on the shard's thread, read
// by the test's.
class Listener final : public hub::Transport {
 public:
  hub::TransportKind kind() const override { return hub::TransportKind::kSse; }
  Flush write(const Pending& pending, std::size_t& taken) override {
    std::lock_guard lock(mutex_);
    stream_ += pending.frames;
    taken = pending.frames.size();
    changed_.notify_all();
    return Flush::kDone;
  }
  void end(const hub::Ending& ending, std::string_view, std::string_view) override {
    std::lock_guard lock(mutex_);
    ended_ = ending.reason;
    changed_.notify_all();
  }

  // The events of that type so far, once there are `count` of them (or the patience ends).
  std::vector<protocol::Json> wait_for(const std::string& type, std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPatience, [&] { return of_type(type).size() >= count; });
    return of_type(type);
  }
  std::optional<hub::EndReason> wait_for_end() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPatience, [&] { return ended_.has_value(); });
    return ended_;
  }

 private:
  static constexpr auto kPatience = std::chrono::seconds(10);

  std::vector<protocol::Json> of_type(const std::string& type) const {
    std::vector<protocol::Json> events;
    std::size_t at = 0;
    while ((at = stream_.find("data: ", at)) != std::string::npos) {
      const auto end = stream_.find('\n', at);
      auto event = protocol::Json::parse(stream_.substr(at + 6, end - at - 6));
      if (event["type"] == type) events.push_back(std::move(event));
      at = end;
    }
    return events;
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string stream_;                   // guarded by mutex_
  std::optional<hub::EndReason> ended_;  // guarded by mutex_
};

// A shard and its thread, without sockets.
class ShardLoop {
 public:
  ShardLoop(hub::Hub& hub, log::Readers& readers, presence::Map& presence, const Clock& clock,
            hub::ShardSettings settings, LogPosition head)
      : shard_(hub, readers, presence, clock, std::move(settings), head, [this] { wake(); }) {
    hub.add(&shard_);
  }
  void start() {
    thread_ = std::thread([this] { run(); });
  }
  void stop() {
    if (!thread_.joinable()) return;
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  ~ShardLoop() { stop(); }

  void open(hub::OpenRequest request, Listener& listener) {
    shard_.post(
        [this, request = std::move(request), &listener] { shard_.open(request, &listener); });
  }

 private:
  void wake() {
    std::lock_guard lock(mutex_);
    woken_ = true;
    changed_.notify_all();
  }
  void run() {
    shard_.bind_thread("shard");
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      changed_.wait(lock, [this] { return woken_ || stopping_; });
      woken_ = false;
      lock.unlock();
      shard_.run_mailbox();
      lock.lock();
    }
    lock.unlock();
    shard_.close();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;     // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  hub::Shard shard_;
  std::thread thread_;
};

}  // namespace fairlead::chat
