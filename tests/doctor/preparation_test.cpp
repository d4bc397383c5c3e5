#include "doctor/preparation.h"

#include <gtest/gtest.h>

#include "doctor/path/polls.h"

namespace fairlead::doctor {
namespace {

std::string problem(const Options& options) {
  const auto prepared = prepare(options, [](const char*) { return std::optional<std::string>(); });
  return prepared ? "" : prepared.error();
}

TEST(Preparation, SaysWhatDoesNotFitTogether) {
  Options options;
  EXPECT_NE(problem(options), "");
  options.host = true;
  EXPECT_EQ(problem(options), "");
  options.url = "http://h";
  EXPECT_EQ(problem(options), "");
  options.guest = true;
  options.token = "t";
  EXPECT_NE(problem(options).find("one account"), std::string::npos);
  options.guest = false;
  options.token = "t\r\nX: y";
  EXPECT_NE(problem(options).find("token"), std::string::npos);
}

Answer answer_of(std::string body) {
  Answer answer;
  answer.status = 200;
  answer.body = std::move(body);
  return answer;
}

TEST(Polls, OnlyWhatFitsIntoAUrlIsTakenFromAnAnswer) {
  const auto good = read_poll(answer_of(R"({"session":"s_1","cursor":"a.b~c","superseded":true})"));
  ASSERT_TRUE(good);
  EXPECT_TRUE(good->superseded);
  EXPECT_NE(held_poll(*good, 5).find("session=s_1&cursor=a.b~c&timeout=5"), std::string::npos);
  EXPECT_FALSE(read_poll(answer_of(R"({"session":"s 1","cursor":"a"})")));
  EXPECT_FALSE(read_poll(answer_of(R"({"session":"s","cursor":"a&b"})")));
  EXPECT_FALSE(read_poll(answer_of(R"({"session":7,"cursor":"a"})")));
  EXPECT_FALSE(read_poll(answer_of("[]")));
}

}  // namespace
}  // namespace fairlead::doctor
