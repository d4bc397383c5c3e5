#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "core/clock.h"
#include "core/mailbox.h"
#include "core/network.h"
#include "redis/backoff.h"
#include "redis/connection.h"

namespace fairlead::ladder {

struct ShelfOptions {
  std::string address = "127.0.0.1:6379";  // or "unix:/path"
  std::string key = "fairlead:ladder";     // of the hash, network → findings
  Millis answer_timeout = Millis(2000);    // no answer for so long: Redis is away
  Millis backoff_max = Millis(2000);
  Millis read_every = std::chrono::hours(1);
};

// Where findings outlive a node: a hash in Redis that goes a day after the last write. It is read
// at the start, whenever Redis is back, and now and then, to throw out what is no longer good and
// what is beyond kRecordsMax; in pieces, so that Redis is not held by it. A thread of its own
// ("ladder"). While Redis is away what is put is lost: it is advice.
class Shelf {
 public:
  static constexpr std::size_t kPendingMax = 1024;     // writes without an answer; beyond, dropped
  static constexpr std::size_t kRecordsMax = 100'000;  // in Redis

  // What stands there; false throws it out. On the shelf's thread.
  using Found = std::function<bool(Network network, std::string_view findings)>;

  Shelf(ShelfOptions options, Found found);
  ~Shelf();  // stop()
  Shelf(const Shelf&) = delete;
  Shelf& operator=(const Shelf&) = delete;

  void start();                                     // does not wait for Redis
  void stop();                                      // no call of `found` afterwards
  void put(Network network, std::string findings);  // any thread, does not block

 private:
  void run();
  void lost(const std::string& why);
  void read();
  void read_on(const std::string& cursor, std::size_t seen);
  void look_at(const redisReply& records, std::size_t seen);

  const ShelfOptions options_;
  const Found found_;
  redis::EventLoop loop_;
  Mailbox mailbox_;
  // The rest belongs to the loop's thread; made before it begins, gone before it ends.
  redis::Backoff backoff_;
  std::unique_ptr<redis::Connection> connection_;
  std::unique_ptr<redis::LoopTimer> retry_, read_again_;
  std::thread thread_;
};

}  // namespace fairlead::ladder
