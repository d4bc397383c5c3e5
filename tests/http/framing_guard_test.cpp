#include "http/framing_guard.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fairlead::http {
namespace {

using Progress = FramingGuard::Progress;

constexpr FramingLimits kLimits;

// What came out, as text that tests compare.
std::string describe(const Request& request) {
  std::string out(to_string(request.method));
  out += " " + request.path;
  for (const auto& [name, value] : request.query) out += " ?" + name + "=" + value;
  for (const auto& [name, value] : request.headers) out += " [" + name + ": " + value + "]";
  out += request.keep_alive ? " keep" : " close";
  return out + (request.http_1_0 ? " 1.0 " : " 1.1 ") + request.body;
}

struct Outcome {
  std::vector<std::string> requests;
  int rejected_status = 0;
  bool operator==(const Outcome&) const = default;
};

// Feeds `input` in pieces of `piece_bytes`.
Outcome outcome_of(std::string_view input, std::size_t piece_bytes) {
  FramingGuard guard(kLimits);
  Outcome outcome;
  while (!input.empty()) {
    std::string_view piece = input.substr(0, piece_bytes);
    input.remove_prefix(piece.size());
    while (!piece.empty()) {
      switch (guard.feed(piece)) {
        case Progress::kNeedMore:
          EXPECT_TRUE(piece.empty());
          break;
        case Progress::kComplete:
          outcome.requests.push_back(describe(guard.take_request()));
          break;
        case Progress::kRejected:
          outcome.rejected_status = traits(guard.rejection().code).http_status;
          return outcome;
      }
    }
  }
  return outcome;
}

int status_of(std::string_view input) {
  return outcome_of(input, input.size()).rejected_status;
}

std::string head(const std::string& line, const std::string& fields = "Host: x\r\n") {
  return line + "\r\n" + fields + "\r\n";
}

TEST(FramingGuard, PassesAWholeRequest) {
  const auto outcome = outcome_of(
      "POST /a/b?x=1%202&y+z HTTP/1.1\r\nHost: h:1\r\nX-A:  b c \r\nContent-Length: 5\r\n\r\nhello",
      1000);
  ASSERT_EQ(outcome.requests.size(), 1U);
  EXPECT_EQ(outcome.requests[0],
            "POST /a/b ?x=1 2 ?y z= [host: h:1] [x-a: b c] [content-length: 5] keep 1.1 hello");
}

struct Refused {
  const char* why;
  std::string input;
  int status;
};

TEST(FramingGuard, RefusesWhatTwoParsersCouldReadDifferently) {
  const std::string get = "GET / HTTP/1.1";
  const std::string post = "POST / HTTP/1.1";
  const std::string h = "Host: x\r\n";
  const std::vector<Refused> table = {
      {"no method", head(" / HTTP/1.1"), 400},
      {"TLS hello", "\x16\x03\x01", 400},
      {"HTTP/0.9", head("GET /"), 400},
      {"two spaces", head("GET  / HTTP/1.1"), 400},
      {"space in the target", head("GET /a b HTTP/1.1"), 400},
      {"trailing space", head("GET / HTTP/1.1 "), 400},
      {"tab for a space", head("GET\t/\tHTTP/1.1"), 400},
      {"no target", head("GET HTTP/1.1"), 400},
      {"method that is no token", head("G{T / HTTP/1.1"), 400},
      {"unknown method", head("PROPFIND / HTTP/1.1"), 501},
      {"method in lower case", head("get / HTTP/1.1"), 501},
      {"CONNECT", head("CONNECT x:1 HTTP/1.1"), 501},
      {"TRACE", head("TRACE / HTTP/1.1"), 501},
      {"HTTP/2.0", head("GET / HTTP/2.0"), 505},
      {"HTTP/1.2", head("GET / HTTP/1.2"), 505},
      {"the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"HTTP/1", head("GET / HTTP/1"), 400},
      {"http/1.1", head("GET / http/1.1"), 400},
      {"relative target", head("GET a HTTP/1.1"), 400},
      {"star for GET", head("GET * HTTP/1.1"), 400},
      {"fragment", head("GET /#a HTTP/1.1"), 400},
      {"byte above ASCII in the target", head("GET /\xC3\xA9 HTTP/1.1"), 400},
      {"control byte in the target", head("GET /\x01 HTTP/1.1"), 400},
      {"NUL in the target", head(std::string("GET /\0 HTTP/1.1", 15)), 400},
      {"bad escape in the path", head("GET /%2 HTTP/1.1"), 400},
      {"bad escape in the query", head("GET /?a=%zz HTTP/1.1"), 400},
      {"escaped NUL in the path", head("GET /%00 HTTP/1.1"), 400},
      {"escaped NUL in the query", head("GET /?a=%00 HTTP/1.1"), 400},
      {"query that is not UTF-8", head("GET /?a=%ff HTTP/1.1"), 400},
      {"absolute-form without a host", head("GET http:///a HTTP/1.1"), 400},
      {"absolute-form with another scheme", head("GET ftp://x/a HTTP/1.1"), 400},
      {"absolute-form with a bad host", head("GET http://x@y^/a HTTP/1.1"), 400},
      {"no Host", head(get, ""), 400},
      {"two Hosts", head(get, "Host: a\r\nHost: a\r\n"), 400},
      {"bad Host", head(get, "Host: a b\r\n"), 400},
      {"Host with a path", head(get, "Host: a/b\r\n"), 400},
      {"header without a colon", head(get, h + "abc\r\n"), 400},
      {"space before the colon", head(get, h + "A : b\r\n"), 400},
      {"empty header name", head(get, h + ": b\r\n"), 400},
      {"folded header", head(get, h + "A: b\r\n c\r\n"), 400},
      {"fold on the first header", head(get, " A: b\r\n" + h), 400},
      {"NUL in a header", head(get, h + std::string("A: \0b\r\n", 7)), 400},
      {"CR in a header", head(get, h + "A: b\rc\r\n"), 400},
      {"DEL in a header", head(get, h + "A: \x7F\r\n"), 400},
      {"bare LF", "GET / HTTP/1.1\nHost: x\n\n", 400},
      {"bare LF later", "GET / HTTP/1.1\r\nHost: x\n\r\n", 400},
      {"two empty lines first", "\r\n\r\n" + head(get), 400},
      {"CR alone first", "\rGET / HTTP/1.1\r\n", 400},
      {"chunked", head(post, h + "Transfer-Encoding: chunked\r\n") + "5\r\nhello\r", 501},
      {"chunked beside a length",
       head(post, h + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 501},
      {"empty Transfer-Encoding", head(post, h + "Transfer-Encoding:\r\n"), 501},
      {"odd Transfer-Encoding", head(post, h + "Transfer-Encoding: xchunked\r\n"), 501},
      {"length twice", head(post, h + "Content-Length: 5\r\nContent-Length: 5\r\n"), 400},
      {"length list", head(post, h + "Content-Length: 5, 5\r\n"), 400},
      {"empty length", head(post, h + "Content-Length:\r\n"), 400},
      {"negative length", head(post, h + "Content-Length: -1\r\n"), 400},
      {"signed length", head(post, h + "Content-Length: +5\r\n"), 400},
      {"length in hexadecimal", head(post, h + "Content-Length: 0x5\r\n"), 400},
      {"length with letters", head(post, h + "Content-Length: 5abc\r\n"), 400},
      {"length of 64 KiB and one", head(post, h + "Content-Length: 65537\r\n"), 413},
      {"length of 4 GB", head(post, h + "Content-Length: 4294967295\r\n"), 413},
      {"length beyond 64 bits", head(post, h + "Content-Length: 99999999999999999999999\r\n"), 413},
      {"long target", head("GET /" + std::string(4096, 'a') + " HTTP/1.1"), 414},
      {"endless target", "GET /" + std::string(5000, 'a'), 414},
      {"16,000 slashes", "GET " + std::string(16000, '/') + " HTTP/1.1\r\n\r\n", 414},
      {"long head", head(get, h + "A: " + std::string(9000, 'b') + "\r\n"), 431},
      {"endless head", get + "\r\nA: " + std::string(9000, 'b'), 431},
      {"65 headers",
       head(get,
            [] {
              std::string fields;
              for (int i = 0; i < 65; ++i) fields += "A: b\r\n";
              return fields;
            }()),
       431},
      {"override to GET", head(post, h + "X-HTTP-Method-Override: GET\r\n"), 400},
      {"override to nonsense", head(post, h + "X-HTTP-Method-Override: PURGE\r\n"), 400},
  };
  for (const auto& row : table) {
    const Outcome whole = outcome_of(row.input, row.input.size());
    EXPECT_EQ(whole.rejected_status, row.status) << row.why;
    EXPECT_TRUE(whole.requests.empty()) << row.why;
    EXPECT_EQ(outcome_of(row.input, 1), whole) << row.why << ", byte by byte";
  }
}

TEST(FramingGuard, AcceptsWhatRealClientsSend) {
  const std::vector<std::string> table = {
      head("GET / HTTP/1.0", ""),
      head("GET / HTTP/1.1", "Host:\r\n"),
      head("GET / HTTP/1.1", "Host: [::1]:8400\r\n"),
      head("GET / HTTP/1.1", "Host: x\r\nAccept: text/html, image/gif, *; q=.2, */*; q=.2\r\n"),
      head("GET / HTTP/1.1", "Host: x\r\nCookie: foo; a=b;;c\r\nCookie: =\r\n"),
      head("GET / HTTP/1.1",
           "Host: x\r\nCache-Control: No-Cache\r\nDate: yesterday\r\nExpect: foo\r\n"),
      head("GET / HTTP/1.1", "Host: x\r\nContent-Type:\r\nAuthorization: Foo\r\nX-Empty: \t \r\n"),
      head("GET / HTTP/1.1", "Host: x\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"),
      head("GET / HTTP/1.1", "Host: x\r\nX-Name: caf\xC3\xA9\r\n"),
      head("GET / HTTP/1.1", "Host: x\r\nContent-Length: 000\r\n"),
      head("GET /a//b/../c;d=e,f!$&'()*+:@~|{}^`\"<>\\ HTTP/1.1"),
      head("GET /?&&a&=b&a=c=d HTTP/1.1"),
      head("OPTIONS * HTTP/1.1"),
      "\r\n" + head("GET / HTTP/1.1"),
  };
  for (const auto& input : table) {
    const Outcome whole = outcome_of(input, input.size());
    EXPECT_EQ(whole.rejected_status, 0) << input;
    EXPECT_EQ(whole.requests.size(), 1U) << input;
    EXPECT_EQ(outcome_of(input, 1), whole) << input;
  }
}

TEST(FramingGuard, GivesTheSameRequestsWhereverTheBytesAreSplit) {
  const std::string input =
      head("GET /one?a=b HTTP/1.1") +
      "POST /two HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nGET / HTTP/" + "\r\n" +
      head("PUT /three HTTP/1.0", "Content-Length: 0\r\n") + head("BREW / HTTP/1.1");
  const Outcome whole = outcome_of(input, input.size());
  ASSERT_EQ(whole.requests.size(), 3U);
  EXPECT_EQ(whole.rejected_status, 501);
  for (std::size_t piece = 1; piece < input.size(); ++piece)
    EXPECT_EQ(outcome_of(input, piece), whole) << piece;
}

TEST(FramingGuard, TakesExactlyTheLimits) {
  const std::string line = "GET /" + std::string(4095, 'a') + " HTTP/1.1";
  EXPECT_EQ(status_of(head(line)), 0);
  const std::string rest = "GET / HTTP/1.1\r\nHost: x\r\nA: \r\n";
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(8192 - rest.size(), 'b') +
                      "\r\n\r\n"),
            0);
  std::string fields = "Host: x\r\n";
  for (int i = 1; i < 64; ++i) fields += "A: b\r\n";
  EXPECT_EQ(status_of(head("GET / HTTP/1.1", fields)), 0);
  EXPECT_EQ(status_of(head("POST / HTTP/1.1", "Host: x\r\nContent-Length: 65536\r\n")), 0);
}

TEST(FramingGuard, OverridesTheMethodOfAPostAlone) {
  const auto method_of = [](const std::string& method, const std::string& wanted) {
    const auto outcome = outcome_of(
        head(method + " / HTTP/1.1", "Host: x\r\nX-HTTP-Method-Override: " + wanted + "\r\n"),
        1000);
    return outcome.requests.empty() ? ""
                                    : outcome.requests[0].substr(0, outcome.requests[0].find(' '));
  };
  EXPECT_EQ(method_of("POST", "PUT"), "PUT");
  EXPECT_EQ(method_of("POST", "PATCH"), "PATCH");
  EXPECT_EQ(method_of("POST", "DELETE"), "DELETE");
  EXPECT_EQ(method_of("GET", "DELETE"), "GET");
  EXPECT_EQ(method_of("PUT", "DELETE"), "PUT");
}

TEST(FramingGuard, KeepsTheConnectionAsTheClientAsks) {
  const auto keeps = [](const std::string& version, const std::string& connection) {
    const auto outcome = outcome_of(head("GET / " + version, "Host: x\r\n" + connection), 1000);
    return outcome.requests.at(0).find(" keep ") != std::string::npos;
  };
  EXPECT_TRUE(keeps("HTTP/1.1", ""));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: Close\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: foo , close\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: close\r\nConnection: keep-alive\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.0", ""));
  EXPECT_TRUE(keeps("HTTP/1.0", "Connection: Keep-Alive\r\n"));
}

TEST(FramingGuard, LetsTheTargetsHostWin) {
  const auto outcome = outcome_of(head("GET HTTP://real:1/a?b=c HTTP/1.1"), 1000);
  EXPECT_EQ(outcome.requests.at(0), "GET /a ?b=c [host: real:1] keep 1.1 ");
}

TEST(FramingGuard, TakesOverAWellFormedRequestIdEvenWhenItRefuses) {
  FramingGuard guard(kLimits);
  std::string_view bytes =
      "POST / HTTP/1.1\r\nX-Request-Id: my-id.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n";
  ASSERT_EQ(guard.feed(bytes), Progress::kRejected);
  EXPECT_EQ(guard.rejected_request().id, "my-id.1");
  for (const std::string bad : {"", "a b", "a\"b", "a/b"}) {
    FramingGuard other(kLimits);
    const std::string input = head("GET / HTTP/1.1", "Host: x\r\nX-Request-Id: " + bad + "\r\n");
    bytes = input;
    ASSERT_EQ(other.feed(bytes), Progress::kComplete);
    const std::string id = other.take_request().id;
    EXPECT_EQ(id.size(), 16U);
    EXPECT_NE(id, bad);
  }
}

TEST(FramingGuard, AsksForTheBodyOnceAndOnlyIfItIsAwaited) {
  const std::string expecting =
      head("POST / HTTP/1.1", "Host: x\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n");
  {
    FramingGuard guard(kLimits);
    std::string_view bytes = expecting;
    ASSERT_EQ(guard.feed(bytes), Progress::kNeedMore);
    EXPECT_TRUE(guard.in_body());
    EXPECT_TRUE(guard.take_continue_due());
    EXPECT_FALSE(guard.take_continue_due());
  }
  {
    FramingGuard guard(kLimits);
    const std::string with_body = expecting + "h";
    std::string_view bytes = with_body;
    ASSERT_EQ(guard.feed(bytes), Progress::kNeedMore);
    EXPECT_FALSE(guard.take_continue_due());
  }
}

TEST(FramingGuard, NeverReadsPastARefusal) {
  FramingGuard guard(kLimits);
  const std::string input = head("POST / HTTP/1.1", "Host: x\r\nContent-Length: 99999999\r\n") +
                            head("GET /smuggled HTTP/1.1");
  std::string_view bytes = input;
  ASSERT_EQ(guard.feed(bytes), Progress::kRejected);
  bytes = input;
  EXPECT_EQ(guard.feed(bytes), Progress::kRejected);
}

}  // namespace
}  // namespace fairlead::http
