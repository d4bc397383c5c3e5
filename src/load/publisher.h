#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "load/histogram.h"
#include "load/http_connection.h"
#include "load/tally.h"

namespace fairlead::load {

// Sends messages over REST on a schedule: so many a second, at most so many under way at once. A
// send whose answer is lost is made again with the same nonce, until it is known what became of it.
// On the loop's thread.
class Publisher {
 public:
  struct Settings {
    std::vector<std::string> tokens;  // the accounts that send, in turn
    std::string room;
    std::string run;
    std::size_t payload_bytes = 200;
    std::size_t in_flight_max = 1;
  };
  Publisher(Loop& loop, const Endpoint& endpoint, Settings settings);
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  // Turns the loop until every connection is open, so that none is opened in the middle of what is
  // measured.
  void warm_up();

  // `tally` until finished().
  void start(std::uint64_t trial, double rate, std::chrono::nanoseconds time, Tally& tally);
  void stop() { closing_ = true; }  // nothing new; what is under way is waited for
  bool finished() const;            // and every send is answered, or given up

  std::uint64_t rate_limited() const { return rate_limited_; }
  std::uint64_t failed() const { return failed_; }  // refused for another reason, or given up
  const Failure& last_failure() const { return last_failure_; }
  const Histogram& lags() const { return lags_; }  // how far behind its schedule each send began
  std::chrono::nanoseconds sending_time() const { return last_answer_ - began_; }
  MonoTime began() const { return began_; }

 private:
  struct Lane {
    Lane(Loop& loop, const Endpoint& endpoint) : connection(loop, endpoint) {}
    HttpConnection connection;
    std::uint64_t number = 0;  // of the message under way
    MonoTime given_up_at{};
    std::size_t account = 0;
    Loop::Timer again;
  };

  void pump();
  void send(Lane& lane);
  void attempt(Lane& lane);
  void answered(Lane& lane, const Outcome<HttpAnswer>& outcome);
  void done(Lane& lane);

  Loop& loop_;
  const Settings settings_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<Lane*> idle_;
  Tally* tally_ = nullptr;
  std::uint64_t trial_ = 0;
  MonoTime began_{};
  MonoTime ends_{};
  MonoTime last_answer_{};
  std::chrono::nanoseconds interval_{};
  std::int64_t begun_ = 0;  // sends of this trial
  std::size_t next_account_ = 0;
  bool closing_ = true;
  std::uint64_t rate_limited_ = 0;
  std::uint64_t failed_ = 0;
  Failure last_failure_;
  Histogram lags_;
  Loop::Timer next_;
};

}  // namespace fairlead::load
