#include "doctor/way/way.h"

#include <gtest/gtest.h>

#include <map>

#include "doctor/path/client_address.h"

namespace fairlead::doctor {
namespace {

std::string chosen(const std::string& url, const std::string& asked,
                   std::map<std::string, std::string> environment) {
  const auto proxy = choose_proxy(*load::parse_url(url), asked,
                                  [&](const char* name) -> std::optional<std::string> {
                                    const auto it = environment.find(name);
                                    if (it == environment.end()) return std::nullopt;
                                    return it->second;
                                  });
  return proxy ? *proxy : "wrong: " + proxy.error();
}

TEST(Way, WhatIsAskedForWinsOverTheEnvironment) {
  EXPECT_EQ(chosen("https://h", "http://a:1", {{"https_proxy", "http://b:2"}}), "http://a:1");
  EXPECT_EQ(chosen("https://h", "none", {{"https_proxy", "http://b:2"}}), "");
  EXPECT_EQ(chosen("https://h", "a:1", {}), "http://a:1");
}

TEST(Way, TheEnvironmentIsReadAsCurlReadsIt) {
  EXPECT_EQ(chosen("https://h", "", {{"HTTPS_PROXY", "http://b:2"}}), "http://b:2");
  EXPECT_EQ(chosen("http://h", "", {{"HTTP_PROXY", "http://b:2"}}), "")
      << "a request header can set that one";
  EXPECT_EQ(chosen("http://h", "", {{"http_proxy", "b:2"}}), "http://b:2");
  EXPECT_EQ(chosen("http://h", "", {{"all_proxy", "socks5h://b:2"}}), "socks5h://b:2");
}

TEST(Way, NoProxyNamesHostsAndTheirDomains) {
  const auto with = [](const char* host, const char* list) {
    return chosen(std::string("http://") + host, "",
                  {{"http_proxy", "http://b:2"}, {"no_proxy", list}});
  };
  EXPECT_EQ(with("chat.example.org", "localhost, .example.org"), "");
  EXPECT_EQ(with("chat.example.org", "example.org"), "");
  EXPECT_EQ(with("badexample.org", "example.org"), "http://b:2");
  EXPECT_EQ(with("chat.example.org", "*"), "");
}

TEST(Way, AnUnknownKindOfProxyIsAMistake) {
  EXPECT_TRUE(chosen("http://h", "gopher://x", {}).starts_with("wrong: "));
  EXPECT_TRUE(chosen("http://h", "http://", {}).starts_with("wrong: "));
}

TEST(Way, APasswordIsNotShown) {
  EXPECT_EQ(without_password("http://ann:secret@proxy:3128"), "http://proxy:3128");
  EXPECT_EQ(without_password("http://proxy:3128"), "http://proxy:3128");
}

TEST(ClientAddress, IsRightWhereTheServerSeesTheClient) {
  EXPECT_EQ(judge_client_address({"203.0.113.0/24", "198.51.100.7", true, false, true}),
            Symptom::kNone);
  EXPECT_EQ(judge_client_address({"127.0.0.0/24", "127.0.0.1", false, false, false}),
            Symptom::kNone);
  EXPECT_EQ(judge_client_address({"10.1.2.0/24", "10.9.9.9", true, false, true}), Symptom::kNone);
  EXPECT_EQ(judge_client_address({"::/48", "::1", true, false, true}), Symptom::kNone);
}

TEST(ClientAddress, ThatOfTheProxysHostIsNobodys) {
  EXPECT_EQ(judge_client_address({"127.0.0.0/24", "198.51.100.7", false, false, false}),
            Symptom::kAddressUnknown);
  EXPECT_EQ(judge_client_address({"127.0.0.0/24", "198.51.100.7", true, false, true}),
            Symptom::kAddressUntrusted);
  EXPECT_EQ(judge_client_address({"local", "127.0.0.1", true, false, false}),
            Symptom::kAddressUnknown);
  EXPECT_EQ(judge_client_address({"127.0.0.0/24", "127.0.0.1", false, false, true}),
            Symptom::kAddressUnknown)
      << "right by accident, on one host";
}

TEST(ClientAddress, AnInnerOneFromOutsideIsALoadBalancers) {
  EXPECT_EQ(judge_client_address({"10.0.0.0/24", "198.51.100.7", true, false, true}),
            Symptom::kAddressOfProxy);
  EXPECT_EQ(judge_client_address({"10.0.0.0/24", "198.51.100.7", true, true, true}), Symptom::kNone)
      << "a forward proxy of our own";
  EXPECT_EQ(judge_client_address({"fd00:1::/48", "2001:db8::1", true, false, true}),
            Symptom::kAddressOfProxy);
}

}  // namespace
}  // namespace fairlead::doctor
