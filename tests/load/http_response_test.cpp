#include "load/http_response.h"

#include <gtest/gtest.h>

#include "pieces.h"

namespace fairlead::load {
namespace {

using State = ResponseParser::State;

struct Read {
  State state;
  int status;
  std::string body;
  std::string rest;
  bool keep_alive;
};

Read read(std::initializer_list<std::string_view> pieces) {
  ResponseParser parser;
  Read out{};
  for (auto piece : pieces) {
    out.state = parser.feed(piece, out.body);
    out.rest += piece;
  }
  out.status = parser.head().status;
  out.keep_alive = parser.keep_alive();
  return out;
}

TEST(HttpResponse, ABodyOfGivenLengthIsWholeWhereverItIsCut) {
  cut_everywhere("HTTP/1.1 201 Created\r\nContent-Type: a/b\r\nContent-Length: 5\r\n\r\nhello",
                 [](std::string_view a, std::string_view b) {
                   const auto got = read({a, b});
                   EXPECT_EQ(got.state, State::kDone) << a;
                   EXPECT_EQ(got.status, 201);
                   EXPECT_EQ(got.body, "hello") << a;
                   EXPECT_TRUE(got.keep_alive);
                 });
}

TEST(HttpResponse, AChunkedBodyIsWholeWhereverItIsCut) {
  cut_everywhere(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
      "chunked\r\n\r\n4\r\nab\r\n\r\nA;x=y\r\n0123456789\r\n0\r\nT: 1\r\n\r\n",
      [](std::string_view a, std::string_view b) {
        const auto got = read({a, b});
        EXPECT_EQ(got.state, State::kDone) << a;
        EXPECT_EQ(got.body, "ab\r\n0123456789") << a;
      });
}

TEST(HttpResponse, WhatFollowsTheResponseIsLeftForTheNext) {
  const auto got = read({"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 204"});
  EXPECT_EQ(got.body, "ok");
  EXPECT_EQ(got.rest, "HTTP/1.1 204");
}

TEST(HttpResponse, AnUpgradeLeavesTheFirstFrame) {
  cut_everywhere("HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n\r\nFRAME",
                 [](std::string_view a, std::string_view b) {
                   const auto got = read({a, b});
                   EXPECT_EQ(got.state, State::kUpgraded) << a;
                   EXPECT_EQ(got.rest, "FRAME") << a;
                 });
}

TEST(HttpResponse, AnInterimAnswerIsPassedOver) {
  const auto got = read(
      {"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n!"});
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, "!");
}

TEST(HttpResponse, WithoutALengthTheCloseEndsTheBodyAndNothingFollows) {
  ResponseParser parser;
  std::string body;
  std::string_view bytes = "HTTP/1.0 200 OK\r\n\r\nto the end";
  EXPECT_EQ(parser.feed(bytes, body), State::kBody);
  EXPECT_EQ(parser.end(), State::kDone);
  EXPECT_EQ(body, "to the end");
  EXPECT_FALSE(parser.keep_alive());
}

TEST(HttpResponse, ACloseInTheMiddleIsNoEnd) {
  for (const auto* text : {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "HTTP/1.1 200 O",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"}) {
    ResponseParser parser;
    std::string body;
    std::string_view bytes = text;
    parser.feed(bytes, body);
    EXPECT_EQ(parser.end(), State::kBroken) << text;
  }
}

TEST(HttpResponse, NonsenseIsBroken) {
  for (const auto* text :
       {"SSH-2.0-OpenSSH\r\n", "HTTP/1.1 9x9 What\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"}) {
    EXPECT_EQ(read({text}).state, State::kBroken) << text;
  }
  EXPECT_EQ(read({"HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x')}).state, State::kBroken);
}

TEST(HttpResponse, ConnectionCloseAndHttp10EndTheConnection) {
  EXPECT_FALSE(
      read({"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n"}).keep_alive);
  EXPECT_FALSE(read({"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"}).keep_alive);
  EXPECT_TRUE(
      read({"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"}).keep_alive);
  EXPECT_TRUE(read({"HTTP/1.1 204 No Content\r\n\r\n"}).keep_alive);
}

}  // namespace
}  // namespace fairlead::load
