#include "nginx/words.h"

#include <gtest/gtest.h>

namespace fairlead::nginx {
namespace {

TEST(Words, WhatNginxWouldReadAsItsOwnSyntaxIsRefused) {
  for (const std::string bad : {"a;b", "a b", "a{", "}", "a\nb", "a\"b", "a'b", "a\\b", "a#b",
                                "$host", "a\tb", "@PID@", "", "a\x7f"}) {
    EXPECT_TRUE(check_word("--user", bad)) << bad;
    EXPECT_EQ(check_path("--web", bad).has_value(), bad != "a b" && bad != "@PID@") << bad;
    EXPECT_EQ(check_names("--server-name", bad).has_value(), bad != "a b") << bad;
    EXPECT_TRUE(check_listen("--listen", bad)) << bad;
    EXPECT_TRUE(check_upstream("--upstream", "unix:/" + bad + "; x")) << bad;
    EXPECT_TRUE(check_peer("--real-ip-from", bad)) << bad;
    EXPECT_TRUE(check_size("--stream-buffer", bad)) << bad;
  }
}

TEST(Words, TheComplaintNamesTheOptionAndHidesControlCharacters) {
  const auto complaint = check_word("--user", "a\x1b[2J").value();
  EXPECT_TRUE(complaint.starts_with("--user 'a?[2J': ")) << complaint;
}

TEST(Words, APathMayHoldBlanksAndLettersOfAnyLanguage) {
  for (const auto* good : {"/srv/my pages", "/home/jürgen/web", "/a/b-c_d.e,f+g~h=i@j"}) {
    EXPECT_FALSE(check_path("--web", good)) << good;
  }
}

TEST(Words, ListenTakesAPortOrAnAddressWithOne) {
  for (const auto* good :
       {"80", "127.0.0.1:8080", "[::]:443", "[::1]:8080", "chat.example.org:80", "*:80"}) {
    EXPECT_FALSE(check_listen("--listen", good)) << good;
  }
  for (const auto* bad : {"0", "65536", "127.0.0.1", ":80", "::1:80", "[::1]", "[x]:80", "80/tcp",
                          "unix:/run/x", "a:b:80", "8080 default_server"}) {
    EXPECT_TRUE(check_listen("--listen", bad)) << bad;
  }
}

TEST(Words, AnUpstreamIsASocketOrAHostWithItsPort) {
  for (const auto* good :
       {"unix:/run/fairlead/fairlead.sock", "127.0.0.1:8400", "[::1]:8400", "node-1:8400"}) {
    EXPECT_FALSE(check_upstream("--upstream", good)) << good;
  }
  for (const auto* bad :
       {"unix:", "unix:run/x", "unix:/run/x:y", "127.0.0.1", "http://h:80", "h:0"}) {
    EXPECT_TRUE(check_upstream("--upstream", bad)) << bad;
  }
  EXPECT_FALSE(check_upstream("--upstream", "unix:/" + std::string(106, 'a')));
  EXPECT_TRUE(check_upstream("--upstream", "unix:/" + std::string(107, 'a')));
}

TEST(Words, APeerIsAnAddressOrANetwork) {
  for (const auto* good : {"192.0.2.10", "10.0.0.0/8", "2001:db8::/32", "::1", "unix:"}) {
    EXPECT_FALSE(check_peer("--real-ip-from", good)) << good;
  }
  for (const auto* bad :
       {"192.0.2", "10.0.0.0/33", "10.0.0.0/", "::/129", "lb.example.org", "all"}) {
    EXPECT_TRUE(check_peer("--real-ip-from", bad)) << bad;
  }
}

TEST(Words, ABufferHasASensibleSize) {
  EXPECT_FALSE(check_size("--stream-buffer", "2k"));
  EXPECT_FALSE(check_size("--stream-buffer", "4096"));
  for (const auto* bad : {"512", "2m", "2x", "-2k", "2k 2k"}) {
    EXPECT_TRUE(check_size("--stream-buffer", bad)) << bad;
  }
}

}  // namespace
}  // namespace fairlead::nginx
