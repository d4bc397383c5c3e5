#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "load/http_response.h"
#include "load/stream.h"

namespace fairlead::load {

struct HttpRequest {
  std::string method;
  std::string path;    // after the deployment's prefix
  std::string token;   // empty: none
  std::string body;    // JSON; empty: none
  std::string during;  // for messages: "signing up"
  // Made twice it does what it does once: it is made again by itself if a kept connection turns out
  // to be closed.
  bool repeatable = true;
};

struct HttpAnswer {
  ResponseHead head;
  std::string body;
  MonoTime at{};
};

// The head of a request to the deployment, without its last empty line; `more` are whole lines with
// CRLF.
std::string request_head(const Url& url, std::string_view method, std::string_view path,
                         std::string_view token, std::string_view more = {});

// A keep-alive connection that makes one request at a time. On the loop's thread; outlives no loop.
class HttpConnection final : Stream::Owner {
 public:
  using Done =
      std::function<void(Outcome<HttpAnswer>)>;  // any status; a Failure when there is no answer

  HttpConnection(Loop& loop, const Endpoint& endpoint);
  ~HttpConnection() { loop_.cancel(timeout_); }
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // When idle. `done` may make the next call.
  void call(HttpRequest request, Done done);

 private:
  void on_open() override;
  void on_bytes(std::string_view bytes, MonoTime at) override;
  void on_end(const Failure& why) override;
  void fail(Failure why);

  Loop& loop_;
  const Endpoint& endpoint_;
  Stream stream_;
  ResponseParser parser_;
  HttpRequest request_;
  std::string body_;
  Done done_;  // empty: idle
  bool reused_ = false;
  Loop::Timer timeout_;
};

}  // namespace fairlead::load
