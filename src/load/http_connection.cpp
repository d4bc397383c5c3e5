#include "load/http_connection.h"

#include <utility>

namespace fairlead::load {
namespace {

constexpr auto kTimeout = std::chrono::seconds(20);

}  // namespace

std::string request_head(const Url& url, std::string_view method, std::string_view path,
                         std::string_view token, std::string_view more) {
  std::string head(method);
  head.append(" ")
      .append(url.prefix)
      .append(path)
      .append(" HTTP/1.1\r\nHost: ")
      .append(url.authority());
  head.append("\r\nUser-Agent: fairlead-bench\r\n");
  if (!token.empty()) head.append("Authorization: Bearer ").append(token).append("\r\n");
  head.append(more);
  return head;
}

HttpConnection::HttpConnection(Loop& loop, const Endpoint& endpoint)
    : loop_(loop), endpoint_(endpoint), stream_(loop, endpoint, *this) {}

void HttpConnection::call(HttpRequest request, Done done) {
  request_ = std::move(request);
  done_ = std::move(done);
  parser_.reset();
  body_.clear();
  timeout_ = loop_.after(kTimeout, [this] {
    timeout_ = {};
    fail({Failure::Kind::kTimeout, "no answer for 20 s"});
  });
  reused_ = stream_.is_open();
  if (reused_) {
    on_open();
  } else {
    stream_.open();
  }
}

void HttpConnection::on_open() {
  std::string more;
  if (!request_.body.empty() || request_.method != "GET") {
    more = "Content-Type: application/json\r\nContent-Length: " +
           std::to_string(request_.body.size()) + "\r\n";
  }
  stream_.write(request_head(endpoint_.url, request_.method, request_.path, request_.token, more) +
                "\r\n" + request_.body);
}

void HttpConnection::on_bytes(std::string_view bytes, MonoTime at) {
  const auto state = done_ ? parser_.feed(bytes, body_) : ResponseParser::State::kBroken;
  switch (state) {
    case ResponseParser::State::kHead:
    case ResponseParser::State::kBody:
      return;
    case ResponseParser::State::kUpgraded:
    case ResponseParser::State::kBroken:
      return fail({Failure::Kind::kProtocol, "no HTTP response"});
    case ResponseParser::State::kDone:
      break;
  }
  if (!parser_.keep_alive()) stream_.close();
  loop_.cancel(timeout_);
  std::exchange(done_, nullptr)(HttpAnswer{parser_.head(), std::move(body_), at});
}

void HttpConnection::on_end(const Failure& why) {
  if (!done_) return;  // closed while idle: opened again for the next request
  if (why.kind == Failure::Kind::kClosed && parser_.end() == ResponseParser::State::kDone) {
    on_bytes({}, std::chrono::steady_clock::now());
    return;
  }
  if (reused_ && request_.repeatable && why.kind == Failure::Kind::kClosed && body_.empty() &&
      parser_.head().status == 0) {
    reused_ = false;
    parser_.reset();
    return stream_.open();
  }
  fail(why);
}

void HttpConnection::fail(Failure why) {
  stream_.close();
  loop_.cancel(timeout_);
  why.during = request_.during;
  if (done_) std::exchange(done_, nullptr)(Failed(std::move(why)));
}

}  // namespace fairlead::load
