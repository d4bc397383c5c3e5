#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "http/request_head.h"

namespace fairlead::http {

// What stands between the network and everything else that reads HTTP: bytes in, one whole
// sanitised Request out, or the reason why the connection must be refused. No I/O, no clock, no
// Pistache; what it holds is bounded by its limits whatever arrives. One a connection, on its
// worker's thread.
//
// After kRejected the framing is lost: nothing behind may be read as another request.
class FramingGuard {
 public:
  enum class Progress { kNeedMore, kComplete, kRejected };

  explicit FramingGuard(const FramingLimits& limits) : limits_(&limits) {}  // `limits` outlives it

  // Takes what belongs to the present request off the front of `bytes` (all of it on kNeedMore).
  // After kComplete, call take_request before the next feed.
  Progress feed(std::string_view& bytes);

  Request take_request();                                            // after kComplete; begins anew
  const Error& rejection() const { return rejection_; }              // after kRejected
  const Request& rejected_request() const { return head_.request; }  // its id and method, at least

  bool has_begun() const { return state_ != State::kStart; }  // a byte of a request has been seen
  bool in_body() const { return state_ == State::kBody; }
  bool has_rejected() const { return state_ == State::kRejected; }
  // Once a request: the client waits for "100 Continue" before it sends the body.
  bool take_continue_due();

 private:
  enum class State { kStart, kStartCr, kHead, kBody, kRejected };

  Progress feed_start(std::string_view& bytes);
  Progress feed_head(std::string_view& bytes);
  Progress feed_body(std::string_view& bytes);
  Progress begin_body(std::string_view head_text);
  Progress reject(Error error);

  const FramingLimits* limits_;
  State state_ = State::kStart;
  std::string head_text_;  // a head that came in pieces; empty if it came whole
  std::size_t scanned_ =
      0;  // of head_text_ or of the bytes in hand: lines before this are well formed
  bool line_seen_ = false;  // the request line is complete
  bool continue_due_ = false;
  RequestHead head_;
  Error rejection_;
};

}  // namespace fairlead::http
