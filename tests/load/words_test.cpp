// What goes in and comes out as words: URL, options, failures, report.
#include <gtest/gtest.h>

#include "load/failure.h"
#include "load/options.h"
#include "load/progress.h"
#include "load/report.h"
#include "load/url.h"
#include "protocol/json.h"

namespace fairlead::load {
namespace {

Options options(std::string url = "http://h") {
  Options made;
  made.url = std::move(url);
  return made;
}

TEST(Url, KnowsSchemesPortsPrefixesAndIpv6) {
  const auto plain = parse_url("http://127.0.0.1:8400/");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->authority(), "127.0.0.1:8400");
  EXPECT_EQ(plain->prefix, "");
  const auto secure = parse_url("https://chat.example.org/deep/chat//");
  ASSERT_TRUE(secure);
  EXPECT_TRUE(secure->tls);
  EXPECT_EQ(secure->port, "443");
  EXPECT_EQ(secure->authority(), "chat.example.org");
  EXPECT_EQ(secure->prefix, "/deep/chat");
  const auto six = parse_url("http://[::1]:80");
  ASSERT_TRUE(six);
  EXPECT_EQ(six->host, "::1");
  EXPECT_EQ(six->authority(), "[::1]");
}

TEST(Url, RefusesWhatIsNoDeployment) {
  for (const auto* bad :
       {"chat.example.org", "ws://h", "http://", "http://:80", "http://h:", "http://h:0",
        "http://h:65536", "http://h:8a", "http://a:b@h", "http://h/?x=1", "http://h/#f",
        "http://[::1", "http://[::1]80", "http://[::1]:", "http://h\r\nX: y", ""}) {
    EXPECT_FALSE(parse_url(bad)) << bad;
  }
}

TEST(Plan, HasTheDefaultsThatTheHelpTells) {
  const auto plan = make_plan(options());
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->transports,
            (std::vector{Transport::kWebSocket, Transport::kSse, Transport::kPoll}));
  EXPECT_EQ(plan->senders, 1);
  EXPECT_EQ(plan->seconds, 10);
  EXPECT_FALSE(plan->own_account);
  EXPECT_GT(descriptors_needed(*plan), 101u);
}

TEST(Plan, SaturatingHasItsOwnDefaults) {
  auto asked = options();
  asked.saturate = true;
  EXPECT_EQ(make_plan(asked)->senders, 8);
  EXPECT_EQ(make_plan(asked)->seconds, 3);
  asked.senders = 2;
  asked.seconds = 1.5;
  EXPECT_EQ(make_plan(asked)->senders, 2);
  EXPECT_EQ(make_plan(asked)->seconds, 1.5);
}

TEST(Plan, ATransportIsMeasuredOnceInTheOrderGiven) {
  auto asked = options();
  asked.transports = {"poll", "ws", "poll"};
  EXPECT_EQ(make_plan(asked)->transports, (std::vector{Transport::kPoll, Transport::kWebSocket}));
  asked.transports = {"carrier-pigeon"};
  EXPECT_NE(make_plan(asked).error().find("carrier-pigeon"), std::string::npos);
}

TEST(Plan, SaysWhichOptionIsWrong) {
  const auto problem = [](auto change) {
    auto asked = options();
    change(asked);
    const auto plan = make_plan(asked);
    return plan ? std::string("none") : plan.error();
  };
  EXPECT_EQ(problem([](Options&) {}), "none");
  EXPECT_NE(problem([](Options& o) { o.receivers = 0; }).find("--receivers"), std::string::npos);
  EXPECT_NE(problem([](Options& o) { o.rate = 0; }).find("--rate"), std::string::npos);
  EXPECT_NE(problem([](Options& o) { o.seconds = -1; }).find("--seconds"), std::string::npos);
  EXPECT_NE(problem([](Options& o) { o.payload_bytes = 10; }).find("--payload"), std::string::npos);
  EXPECT_NE(problem([](Options& o) { o.payload_bytes = 4001; }).find("--payload"),
            std::string::npos);
  EXPECT_NE(problem([](Options& o) { o.senders = -1; }).find("--senders"), std::string::npos);
  EXPECT_NE(problem([](Options& o) { o.name = "ann"; }).find("--password"), std::string::npos);
  EXPECT_NE(
      problem([](Options& o) { o.token = "t", o.name = "ann", o.password = "p"; }).find("--token"),
      std::string::npos);
  EXPECT_NE(problem([](Options& o) { o.url = "h"; }).find("http://"), std::string::npos);
}

TEST(Failure, SaysWhatToDo) {
  const auto url = *parse_url("http://h:8400");
  const auto says = [&url](const Failure& failure, const char* words) {
    const auto text = explain(failure, url);
    EXPECT_NE(text.find(words), std::string::npos) << text;
  };
  const auto status = [](int code) {
    return Failure{Failure::Kind::kStatus, {}, code, {}, "sending"};
  };
  says({Failure::Kind::kRefused}, "nothing listens at h port 8400");
  says({Failure::Kind::kCertificate, "self-signed"}, "--insecure");
  says({Failure::Kind::kTls, "wrong version number"}, "http://");
  says({Failure::Kind::kDescriptors}, "ulimit -n");
  says({Failure::Kind::kNotFairlead, "x"}, "is this a Fairlead");
  says(status(401), "--token");
  says(status(404), "no Fairlead at this URL");
  says(status(426), "--transports sse,poll");
  says(status(429), "--sends-per-5s");
  says(status(429), "--rate");
  says(status(502), "fairlead serve");
}

TEST(Failure, ReadsTheProblemAndWhenToComeAgain) {
  ResponseHead head;
  head.status = 429;
  head.headers = {{"retry-after", "3"}};
  const auto failure =
      status_failure(head, R"({"code":"rate_limited","detail":"slow down"})", "sending");
  EXPECT_EQ(failure.code, "rate_limited");
  EXPECT_EQ(failure.detail, "slow down");
  EXPECT_EQ(failure.retry_after_s, 3);
  EXPECT_FALSE(is_final(failure));
  head.status = 401;
  EXPECT_TRUE(is_final(status_failure(head, "<html>", "")));
  head.status = 301;
  head.headers = {{"location", "https://h/rt/v1/hello"}};
  EXPECT_NE(
      explain(status_failure(head, "", ""), *parse_url("http://h")).find("redirects to https://h:"),
      std::string::npos);
}

TEST(Report, NumbersAreReadable) {
  EXPECT_EQ(in_thousands(0), "0");
  EXPECT_EQ(in_thousands(999), "999");
  EXPECT_EQ(in_thousands(1000), "1,000");
  EXPECT_EQ(in_thousands(1234567), "1,234,567");
  EXPECT_EQ(milliseconds(0.417), "0.42");
  EXPECT_EQ(milliseconds(12.34), "12.3");
  EXPECT_EQ(milliseconds(1234.5), "1234");
  EXPECT_EQ(per_second(9.96), "10.0");
  EXPECT_EQ(per_second(12345.6), "12,346");
  EXPECT_EQ(bar(0.5, 4), "[##--]");
  EXPECT_EQ(bar(7, 4), "[####]");
}

Row measured() {
  Row row{Transport::kSse, 100};
  row.counts.sent = 50;
  row.counts.deliveries = 5000;
  row.asked_per_s = row.sends_per_s = 10;
  row.seconds = 5;
  row.latency_ms = {1, 2, 3, 4};
  return row;
}

TEST(Report, ARowStandsInTheTableUnlessItWasNotMeasured) {
  auto failed = measured();
  failed.transport = Transport::kPoll;
  failed.error = "nothing listens";
  const auto text = table({measured(), failed});
  EXPECT_NE(text.find("sse"), std::string::npos);
  EXPECT_NE(text.find("5,000"), std::string::npos);
  EXPECT_EQ(text.find("poll"), std::string::npos);
  EXPECT_FALSE(failed.fine());
  EXPECT_TRUE(measured().fine());
}

TEST(Report, JsonIsOneObjectWithEveryCount) {
  const auto plan = make_plan(options());
  auto row = measured();
  row.counts.lost = 2;
  const auto line = json_line(row, *plan);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto json = protocol::parse_object(line);
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["transport"], "sse");
  EXPECT_EQ((*json)["ok"], false);
  EXPECT_EQ((*json)["lost"], 2);
  EXPECT_EQ((*json)["deliveries"], 5000);
  EXPECT_EQ((*json)["latency_ms"]["p99"], 3.0);
  row.error = "nothing listens";
  EXPECT_EQ(protocol::parse_object(json_line(row, *plan))->at("error"), "nothing listens");
}

TEST(Report, NotesSayWhatToDoAndNothingWhenAllIsWell) {
  const auto plan = make_plan(options());
  EXPECT_TRUE(notes(measured(), *plan).empty());
  const auto says = [&plan](const Row& row, const char* words) {
    const auto all = notes(row, *plan);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_NE(all[0].find(words), std::string::npos) << all[0];
  };
  auto limited = measured();
  limited.rate_limited = 30;
  says(limited, "--sends-per-5s");
  EXPECT_TRUE(limited.fine()) << "refused is not lost";
  auto slow = measured();
  slow.sends_per_s = 6;
  says(slow, "--senders");
  auto lost = measured();
  lost.counts.lost = 1;
  says(lost, "1 lost");
  auto busy = measured();
  busy.cpu_share = 0.95;
  says(busy, "95% of a core");
}

}  // namespace
}  // namespace fairlead::load
