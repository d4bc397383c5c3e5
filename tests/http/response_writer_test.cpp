#include "http/response_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "http/peer_address.h"

namespace fairlead::http {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

AnswerContext context() {
  return {.request_id = "id-1", .head_only = false, .keep_alive = true};
}

TEST(ResponseWriter, FramesAnAnswer) {
  const std::string head =
      serialise_head({.status = 201, .body = "12345", .headers = {{"Location", "/a"}}}, context());
  EXPECT_THAT(head, AllOf(StartsWith("HTTP/1.1 201 Created\r\nDate: "),
                          HasSubstr("\r\nContent-Type: application/json\r\n"),
                          HasSubstr("\r\nContent-Length: 5\r\n"),
                          HasSubstr("\r\nConnection: keep-alive\r\n"),
                          HasSubstr("\r\nX-Request-Id: id-1\r\n"),
                          HasSubstr("\r\nLocation: /a\r\n"), EndsWith("\r\n\r\n")));
}

TEST(ResponseWriter, SendsNoHeaderThatCouldSplitTheAnswer) {
  const std::string head = serialise_head({.content_type = "a\r\nEvil: 1",
                                           .headers = {{"A", "b\r\nEvil: 2"},
                                                       {"B", std::string("b\0c", 3)},
                                                       {"C\r\nEvil", "3"},
                                                       {"D: x", "4"},
                                                       {"", "5"},
                                                       {"E", "b\nEvil: 6"},
                                                       {"Good", "yes"}}},
                                          context());
  EXPECT_THAT(
      head, AllOf(Not(HasSubstr("Evil")), Not(HasSubstr("D: x")), HasSubstr("\r\nGood: yes\r\n")));
}

TEST(ResponseWriter, KeepsTheFramingHeadersToItself) {
  const std::string head = serialise_head({.body = "abc",
                                           .headers = {{"content-length", "999"},
                                                       {"Transfer-Encoding", "chunked"},
                                                       {"CONNECTION", "upgrade"},
                                                       {"X-Request-Id", "other"}}},
                                          context());
  EXPECT_THAT(head, AllOf(Not(HasSubstr("999")), Not(HasSubstr("chunked")),
                          Not(HasSubstr("upgrade")), Not(HasSubstr("other"))));
}

TEST(ResponseWriter, GivesStatusesWithoutABodyNoLength) {
  for (const int status : {204, 304}) {
    EXPECT_THAT(serialise_head({.status = status}, context()),
                AllOf(Not(HasSubstr("Content-Length")), Not(HasSubstr("Content-Type"))));
    EXPECT_FALSE(sends_body(status, context()));
  }
  AnswerContext head = context();
  head.head_only = true;
  EXPECT_THAT(serialise_head({.body = "abc"}, head), HasSubstr("Content-Length: 3"));
  EXPECT_FALSE(sends_body(200, head));
  EXPECT_TRUE(sends_body(200, context()));
}

TEST(Problem, HasTheFieldsOfRfc9457) {
  Error refusal = field_error("name", "is too long");
  refusal.retry_after_s = 7;
  refusal.headers.emplace("RateLimit-Limit", "5");
  const Response response = problem(refusal, "id-1");
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(response.content_type, "application/problem+json");
  const auto body = nlohmann::json::parse(response.body);
  EXPECT_EQ(body["status"], 422);
  EXPECT_EQ(body["code"], "invalid_fields");
  EXPECT_EQ(body["detail"], "name: is too long");
  EXPECT_EQ(body["request_id"], "id-1");
  EXPECT_EQ(body["fields"]["name"], "is too long");
  EXPECT_TRUE(body.contains("type") && body.contains("title"));
  EXPECT_THAT(response.headers,
              ::testing::Contains(std::pair<std::string, std::string>("Retry-After", "7")));
  EXPECT_THAT(response.headers,
              ::testing::Contains(std::pair<std::string, std::string>("RateLimit-Limit", "5")));
}

TEST(Problem, SurvivesADetailThatIsNotUtf8) {
  const Response response = problem(error(ErrorCode::kBadRequest, "\xFF\xFE"), "id");
  EXPECT_TRUE(nlohmann::json::accept(response.body));
}

TEST(PeerAddress, KnowsAddressesFromOtherText) {
  EXPECT_EQ(normal_ip("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(normal_ip("2001:DB8::0:1"), "2001:db8::1");
  EXPECT_EQ(normal_ip("::ffff:192.0.2.1"), "192.0.2.1");
  for (const std::string bad :
       {"", "localhost", "192.0.2.1:80", "1.2.3", "192.0.2.1, 10.0.0.1", "[::1]", "1.2.3.4\n"}) {
    EXPECT_FALSE(normal_ip(bad)) << bad;
  }
}

}  // namespace
}  // namespace fairlead::http
