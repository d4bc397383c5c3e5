#include "nginx/expected.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <set>

#include "nginx/units.h"

namespace fairlead::nginx {
namespace {

constexpr std::array kLevels = {Level::kMain,      Level::kEvents, Level::kHttp,
                                Level::kUpstream,  Level::kTls,    Level::kStream,
                                Level::kWebSocket, Level::kPoll,   Level::kRest};

Directive find(Level level, std::string_view name, const Numbers& numbers = {}) {
  const auto all = directives_of(level, numbers);
  const auto it = std::ranges::find(all, name, &Directive::name);
  if (it == all.end()) throw std::out_of_range(std::string(name));
  return *it;
}

std::chrono::milliseconds time_of(Level level, std::string_view name) {
  return parse_time(find(level, name).value).value();
}

TEST(Expected, OurOwnValuesAreGoodOnEveryLevel) {
  for (const auto level : kLevels) {
    EXPECT_FALSE(name_of(level).empty());
    for (const auto& directive : directives_of(level)) {
      const bool rendered = directive.rule != Rule::kAbsent;
      EXPECT_EQ(is_met(directive, directive.value), rendered) << directive.name;
      EXPECT_TRUE(is_met(directive, directive.bound) || directive.bound.empty()) << directive.name;
    }
  }
}

TEST(Expected, WhateverIsJudgedSaysWhy) {
  for (const auto level : kLevels) {
    for (const auto& directive : directives_of(level)) {
      if (directive.rule == Rule::kTaste || directive.name == "proxy_pass") continue;
      EXPECT_FALSE(directive.why.empty()) << directive.name;
    }
  }
}

TEST(Expected, ADirectiveStandsOnceOnALevel) {
  for (const auto level : kLevels) {
    std::set<std::string> names;
    for (const auto& directive : directives_of(level)) {
      EXPECT_TRUE(names.insert(directive.name).second) << directive.name;
    }
  }
}

TEST(Expected, ALocationThatMayBecomeAnyTransportSuitsThemAll) {
  const auto streams = directives_of(Level::kStream);
  const auto web_sockets = directives_of(Level::kWebSocket);
  ASSERT_EQ(streams.size(), web_sockets.size());
  for (std::size_t i = 0; i < streams.size(); ++i) {
    EXPECT_EQ(streams[i].name, web_sockets[i].name);
    if (streams[i].name == "proxy_buffer_size" || streams[i].name == "proxy_buffers") continue;
    EXPECT_EQ(streams[i].value, web_sockets[i].value);
  }
}

TEST(Expected, TimesAgreeWithTheServersLimits) {
  const auto heartbeat = std::chrono::seconds(limits::kHeartbeatMax_s);
  const auto hold = std::chrono::seconds(limits::kPollTimeoutMax_s);
  EXPECT_GT(time_of(Level::kStream, "proxy_read_timeout"), heartbeat + limits::kPongTimeout);
  EXPECT_GT(time_of(Level::kPoll, "proxy_read_timeout"), hold + limits::kPollLinger);
  EXPECT_GT(time_of(Level::kHttp, "send_timeout"), limits::kSlowClientTimeout);
  EXPECT_LT(time_of(Level::kUpstream, "keepalive_timeout"), limits::kKeepAliveTimeout);
  EXPECT_EQ(time_of(Level::kHttp, "client_header_timeout"), limits::kHeadTimeout);
  EXPECT_EQ(time_of(Level::kHttp, "client_body_timeout"), limits::kBodyTimeout);
  EXPECT_EQ(parse_size(find(Level::kHttp, "client_max_body_size").value),
            limits::kRequestBodyBytesMax);
}

TEST(Expected, NginxRefusesAClientsStreamsBeforeTheServerHasTo) {
  EXPECT_LE(Numbers().streams_per_client, limits::kSessionsPerUserMax);
}

TEST(Expected, TheKernelGivesAClientUpWithinTwoHeartbeatsAndTenSeconds) {
  const auto seconds = [](int n) { return 0.2 * ((2 << n) - 1); };
  const int n = Numbers::retransmissions();
  EXPECT_LE(limits::kHeartbeatDefault_s + seconds(n), 2 * limits::kHeartbeatDefault_s + 10);
  EXPECT_GT(limits::kHeartbeatDefault_s + seconds(n + 1), 2 * limits::kHeartbeatDefault_s + 10);
  std::ifstream in(FAIRLEAD_SOURCE_DIR "/deploy/sysctl-fairlead.conf");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto line = "\nnet.ipv4.tcp_retries2 = " + std::to_string(n) + "\n";
  EXPECT_NE(text.find(line), std::string::npos) << line;
}

TEST(Expected, AReloadThatWouldCutADrainIsNotGood) {
  Numbers numbers;
  numbers.drain = std::chrono::seconds(300);
  const auto shutdown = find(Level::kMain, "worker_shutdown_timeout", numbers);
  EXPECT_FALSE(is_met(shutdown, "300s"));
  EXPECT_TRUE(is_met(shutdown, "320s"));
  EXPECT_FALSE(is_met(shutdown, ""));  // for ever
}

TEST(Expected, NginxsOwnDefaultsAreNotGoodEnough) {
  EXPECT_FALSE(is_met(find(Level::kStream, "proxy_http_version"), ""));
  EXPECT_FALSE(is_met(find(Level::kStream, "proxy_buffering"), ""));
  EXPECT_FALSE(is_met(find(Level::kStream, "proxy_read_timeout"), ""));
  EXPECT_FALSE(is_met(find(Level::kWebSocket, "proxy_set_header Upgrade"), ""));
  EXPECT_FALSE(is_met(find(Level::kWebSocket, "proxy_set_header Connection"), ""));
  EXPECT_FALSE(is_met(find(Level::kPoll, "proxy_read_timeout"), ""));
  EXPECT_FALSE(is_met(find(Level::kPoll, "proxy_next_upstream"), ""));
  EXPECT_FALSE(is_met(find(Level::kRest, "proxy_set_header Host"), ""));
  EXPECT_FALSE(is_met(find(Level::kUpstream, "server max_fails"), ""));
  EXPECT_FALSE(is_met(find(Level::kEvents, "worker_connections"), "768"));
}

TEST(Expected, WhatIsMoreThanNeededIsGood) {
  EXPECT_TRUE(is_met(find(Level::kStream, "proxy_read_timeout"), "2m"));
  EXPECT_TRUE(is_met(find(Level::kHttp, "client_max_body_size"), "1m"));
  EXPECT_FALSE(is_met(find(Level::kHttp, "client_max_body_size"), "63k"));
  EXPECT_TRUE(is_met(find(Level::kHttp, "large_client_header_buffers"), "8 16k"));
  EXPECT_FALSE(is_met(find(Level::kHttp, "large_client_header_buffers"), "8 1k"));
  EXPECT_TRUE(is_met(find(Level::kWebSocket, "proxy_set_header Upgrade"), "$http_upgrade"));
  EXPECT_FALSE(is_met(find(Level::kWebSocket, "proxy_set_header Upgrade"), "\"\""));
  EXPECT_FALSE(is_met(find(Level::kStream, "proxy_ignore_headers"), "Expires X-Accel-Buffering"));
  EXPECT_TRUE(is_met(find(Level::kStream, "proxy_ignore_headers"), "Expires"));
  EXPECT_FALSE(is_met(find(Level::kStream, "proxy_read_timeout"), "$variable"));
}

}  // namespace
}  // namespace fairlead::nginx
