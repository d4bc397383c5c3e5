#include "doctor/host/nginx_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "doctor/host/nginx_check.h"

namespace fairlead::doctor {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Directives parsed(const std::string& dump) {
  const auto config = parse_nginx_dump(dump);
  EXPECT_TRUE(config) << (config ? "" : config.error());
  return config.value_or(Directives{});
}

std::string problem(const std::string& dump) {
  const auto config = parse_nginx_dump(dump);
  return config ? "" : config.error();
}

TEST(NginxConfig, WordsBlocksCommentsAndQuotes) {
  const auto config = parsed(
      "nginx: syntax is ok\n# configuration file /n.conf:\n"
      "user www; # not ; this\nhttp {\n  log_format a '{\"x\":\"$y\"}' \"b;c\";\n  map ${z} $q { "
      "default 1; }\n}\n");
  ASSERT_EQ(config.size(), 2u);
  EXPECT_EQ(config[0].value(), "www");
  EXPECT_EQ(config[0].place(), "/n.conf:1");
  const auto& http = config[1];
  EXPECT_THAT(http.block[0].words, ElementsAre("log_format", "a", "{\"x\":\"$y\"}", "b;c"));
  EXPECT_EQ(http.block[0].line, 3);
  EXPECT_THAT(http.block[1].words, ElementsAre("map", "${z}", "$q"));
  EXPECT_EQ(http.block[1].block[0].value(), "1");
}

TEST(NginxConfig, WhatIsIncludedStandsInItsPlace) {
  const auto config = parsed(
      "# configuration file /etc/nginx/nginx.conf:\nhttp { include sites/*.conf; gzip on; }\n"
      "# configuration file /etc/nginx/sites/a.conf:\nserver { }\n# configuration file "
      "/etc/nginx/other:\nx;\n");
  ASSERT_EQ(config[0].block.size(), 2u);
  EXPECT_EQ(config[0].block[0].name(), "server");
  EXPECT_EQ(config[0].block[0].place(), "/etc/nginx/sites/a.conf:1");
}

TEST(NginxConfig, CodeInAnotherLanguageIsPassedOver) {
  const auto config = parsed(
      "# configuration file /n:\ncontent_by_lua_block {\n if x then { y = '}' } \n}\nafter 1;\n");
  EXPECT_EQ(config.front().name(), "content_by_lua_block");
}

TEST(NginxConfig, BrokenOnesAreRefusedWithAReason) {
  EXPECT_THAT(problem("hello"), HasSubstr("nginx -T"));
  EXPECT_THAT(problem("# configuration file /n:\nhttp {\n"),
              HasSubstr("/n:1: its { is never closed"));
  EXPECT_THAT(problem("# configuration file /n:\n}\n"), HasSubstr("too many"));
  EXPECT_THAT(problem("# configuration file /n:\ninclude /n;\n"), HasSubstr("within each other"));
  std::string deep = "# configuration file /n:\n";
  for (int i = 0; i < 100; ++i) deep += "a {";
  EXPECT_THAT(problem(deep), HasSubstr("within each other"));
  std::string bomb =
      "# configuration file /n:\n" + std::string("include /m; include /m; include /m;");
  bomb += "\n# configuration file /m:\n";
  for (int i = 0; i < 60'000; ++i) bomb += "a;";
  EXPECT_THAT(problem(bomb), HasSubstr("more directives"));
}

constexpr const char* kLocations =
    "# configuration file /n:\nhttp { proxy_buffering off; server {\n"
    "location / { a 1; location ~ \\.js$ { a 2; } }\nlocation = /x { a 3; }\nlocation ^~ /rt/ { a "
    "4; }\n"
    "location ~* ^/API { a 5; }\nlocation ~ ^/rt/ { a 6; }\n} }\n";

TEST(NginxConfig, LocationsAreChosenAsNginxDoes) {
  const auto config = parsed(kLocations);
  const auto& http = config[0];
  const auto at = [&](const char* path) {
    return effective(chain_of(http, http.block[1], path), "a").front()->value();
  };
  EXPECT_EQ(at("/"), "1");
  EXPECT_EQ(at("/a.js"), "2");
  EXPECT_EQ(at("/x"), "3");
  EXPECT_EQ(at("/xy"), "1");
  EXPECT_EQ(at("/rt/v1/sse"), "4") << "^~ keeps regular expressions away";
  EXPECT_EQ(at("/api/v1"), "5");
  EXPECT_EQ(effective(chain_of(http, http.block[1], "/rt/x"), "proxy_buffering").front()->value(),
            "off")
      << "inherited";
}

// A configuration in which everything is right, with these lines in its place.
NginxLook look(const std::string& location, const std::string& http = "",
               const std::string& nodes = "server unix:/s max_fails=0;") {
  const auto config = parsed(
      "# configuration file /n:\nworker_rlimit_nofile 40000; worker_shutdown_timeout 1h;\nevents { "
      "worker_connections 20000; }\n"
      "http {\n" +
      http + "\nupstream u { " + nodes +
      " keepalive 8; }\nserver {\nlocation / {\nproxy_pass http://u;\n"
      "proxy_set_header Host $http_host; proxy_set_header X-Real-IP $remote_addr; proxy_set_header "
      "Upgrade $http_upgrade;"
      "proxy_set_header Connection $c; proxy_pass_header X-Accel-Buffering;\n" +
      location + "\n} } }\n");
  return check_nginx(config, {"", "", 1000, 2});
}

constexpr const char* kGood =
    "proxy_http_version 1.1; proxy_buffering off; proxy_read_timeout 75s; proxy_next_upstream off;";

std::vector<std::string> complaints(const NginxLook& look) {
  std::vector<std::string> all;
  for (const auto& finding : look.findings) {
    if (finding.state != State::kOk) all.push_back(finding.detail + " -> " + finding.remedy);
  }
  return all;
}

TEST(NginxCheck, AGoodOneHasNoComplaints) {
  EXPECT_THAT(complaints(look(kGood)), ElementsAre());
  EXPECT_FALSE(look(kGood).tcp_upstream);
}

TEST(NginxCheck, EachDeviationIsOneFindingWithItsPlaces) {
  const auto all =
      complaints(look("proxy_http_version 1.1; proxy_buffering off;\nproxy_read_timeout 30s;"));
  ASSERT_EQ(all.size(), 1u) << "a single node: there is no next upstream";
  EXPECT_THAT(all[0], HasSubstr("proxy_read_timeout is 30s (stream, WebSocket, poll; /n:11)"));
  EXPECT_THAT(all[0], HasSubstr("/n:11: `proxy_read_timeout 75s;`"));
}

TEST(NginxCheck, WhatIsSaidIsInWordsOfAForeignConfiguration) {
  const auto config = parsed(
      "# configuration file /n:\nevents {}\nhttp { server { location / { proxy_pass "
      "http://unix:/s; } } }\n");
  std::string text;
  for (const auto& one : complaints(check_nginx(config, {"", "", 10, 1}))) text += one;
  EXPECT_THAT(text, HasSubstr("proxy_set_header Upgrade $http_upgrade"));
  EXPECT_THAT(text, Not(HasSubstr("$fairlead_")));
}

TEST(NginxCheck, SeveralNodesMustNotBeTriedInTurn) {
  const auto two = look("proxy_http_version 1.1; proxy_buffering off; proxy_read_timeout 75s;", "",
                        "server 10.0.0.1:1; server unix:/b max_fails=0;");
  EXPECT_TRUE(two.tcp_upstream);
  EXPECT_THAT(complaints(two), Contains(HasSubstr("proxy_next_upstream is nginx's default")));
  EXPECT_THAT(complaints(two), Contains(HasSubstr("max_fails=0")));
}

TEST(NginxCheck, ASiteBesideItIsLeftAlone) {
  const auto all = complaints(look(kGood, "server { location / { proxy_pass http://shop; } }"));
  EXPECT_FALSE(all.empty()) << "which of the two it is cannot be told";
  const auto config = parsed(
      "# configuration file /n:\nevents { worker_connections 9999; }\nworker_shutdown_timeout "
      "1h;\nhttp {\n"
      "server { server_name shop.org; location / { proxy_pass http://shop; } }\n"
      "server { server_name chat.org; location / { proxy_pass http://unix:/s; " +
      std::string(kGood) +
      "proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr; proxy_pass_header "
      "X-Accel-Buffering;"
      "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $c; } } }\n");
  EXPECT_THAT(complaints(check_nginx(config, {"chat.org", "", 1000, 1})), ElementsAre());
}

TEST(NginxCheck, TooFewSlotsForTheSessionsWanted) {
  const auto config = parsed(
      "# configuration file /n:\nworker_processes 2;\nevents { worker_connections 768; }\nhttp { "
      "server { location / { proxy_pass http://unix:/s; } } }\n");
  EXPECT_THAT(
      complaints(check_nginx(config, {"", "", 10'000, 4})),
      Contains(HasSubstr("worker_connections is 768, enough for 768 sessions over 2 workers")));
}

TEST(NginxCheck, AConfigurationWithoutFairleadIsSkipped) {
  const auto config = parsed(
      "# configuration file /n:\nevents {}\nhttp { server { location / { return 200; } } }\n");
  const auto look = check_nginx(config, {"", "", 10, 1});
  ASSERT_EQ(look.findings.size(), 1u);
  EXPECT_EQ(look.findings[0].state, State::kSkipped);
}

}  // namespace
}  // namespace fairlead::doctor
