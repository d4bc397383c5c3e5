#include "audit/audit_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>

#include "protocol/json.h"
#include "tests/auth/manual_clock.h"

namespace fairlead::audit {
namespace {

using protocol::Json;

template <typename Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

class AuditLogTest : public testing::Test {
 protected:
  ~AuditLogTest() override { std::filesystem::remove_all(folder_); }

  static std::filesystem::path make_folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "fairlead-audit-XXXXXX").string();
    return mkdtemp(pattern.data());
  }
  std::string path(const char* name = "audit") const { return (folder_ / name).string(); }
  std::vector<Json> lines(const char* name = "audit") const {
    std::vector<Json> all;
    std::ifstream in(path(name));
    for (std::string line; std::getline(in, line);) {
      all.push_back(Json::parse(line, nullptr, false));
      EXPECT_FALSE(all.back().is_discarded()) << line;
    }
    return all;
  }

  const std::filesystem::path folder_ = make_folder();
  ManualClock clock_;
};

TEST_F(AuditLogTest, AnEntryIsALineWithWhatIsKnown) {
  AuditLog log(path(), "n1", clock_);
  ASSERT_TRUE(log.start());
  log.note({.action = "member_removed",
            .user = "u_1",
            .target = "u_2",
            .room = "r_3",
            .address = "203.0.113.7",
            .request_id = "abc"});
  log.note({.action = "login_failed", .address = "a \"quoted\"\nline"});
  log.stop();
  const auto all = lines();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0], (Json{{"time", protocol::rfc3339(clock_.wall_ms())},
                          {"node", "n1"},
                          {"action", "member_removed"},
                          {"user", "u_1"},
                          {"target", "u_2"},
                          {"room", "r_3"},
                          {"address", "203.0.113.7"},
                          {"request_id", "abc"}}));
  EXPECT_EQ(all[1].size(), 4u);
}

TEST_F(AuditLogTest, TheFileIsForItsOwnerAndIsAppendedTo) {
  for (int i = 0; i < 2; ++i) {
    AuditLog log(path(), "n1", clock_);
    ASSERT_TRUE(log.start());
    log.note({.action = "login"});
  }
  EXPECT_EQ(lines().size(), 2u);
  struct stat file {};
  ASSERT_EQ(::stat(path().c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
}

TEST_F(AuditLogTest, TwoNodesShareAFile) {
  AuditLog one(path(), "n1", clock_), two(path(), "n2", clock_);
  ASSERT_TRUE(one.start() && two.start());
  for (int i = 0; i < 500; ++i) {
    one.note({.action = "login"});
    two.note({.action = "login"});
  }
  one.stop();
  two.stop();
  std::map<std::string, int> count;
  for (const auto& line : lines()) ++count[line.value("node", "")];
  EXPECT_EQ(count["n1"], 500);
  EXPECT_EQ(count["n2"], 500);
}

TEST_F(AuditLogTest, AfterAReopenItGoesOnInANewFile) {
  AuditLog log(path(), "n1", clock_);
  ASSERT_TRUE(log.start());
  log.note({.action = "login"});
  ASSERT_TRUE(eventually([&] { return lines().size() == 1; }));
  std::filesystem::rename(path(), path("moved"));
  log.reopen();
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(path()); }));
  log.note({.action = "logout"});
  log.stop();
  ASSERT_EQ(lines("moved").size(), 1u);
  ASSERT_EQ(lines().size(), 1u);
  EXPECT_EQ(lines()[0].value("action", ""), "logout");
}

// A file that may not grow is what a full disk is like.
TEST_F(AuditLogTest, WhatCouldNotBeWrittenIsCountedAndSaid) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit tight{1, before.rlim_max};
  AuditLog log(path(), "n1", clock_);
  ASSERT_TRUE(log.start());
  ::setrlimit(RLIMIT_FSIZE, &tight);
  for (int i = 0; i < 10; ++i) log.note({.action = "login"});
  const bool lost = eventually([&] { return log.lost() == 10; });
  ::setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_TRUE(lost);
  log.note({.action = "logout"});
  log.stop();
  std::ifstream in(path());
  std::vector<Json> whole;
  for (std::string line; std::getline(in, line);) {
    auto json = Json::parse(line, nullptr, false);
    if (!json.is_discarded()) whole.push_back(std::move(json));
  }
  ASSERT_EQ(whole.size(), 2u) << "the cut line stands alone";
  EXPECT_EQ(whole[0].value("action", ""), "entries_lost");
  EXPECT_EQ(whole[0].value("count", 0), 10);
  EXPECT_EQ(whole[1].value("action", ""), "logout");
}

TEST_F(AuditLogTest, APipeThatNobodyReadsHoldsNothingUp) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_FALSE(AuditLog(path("pipe"), "n1", clock_).start()) << "it has no reader";
  const UniqueFd reader(::open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  AuditLog log(path("pipe"), "n1", clock_);
  ASSERT_TRUE(log.start());
  for (std::size_t i = 0; i < AuditLog::kWaitingMax; ++i) {
    log.note({.action = "login", .user = std::string(100, 'u')});
  }
  log.stop();
  EXPECT_GT(log.lost(), 0u);
}

TEST_F(AuditLogTest, WithAPipeInItsPlaceItGoesOnInTheOldFile) {
  AuditLog log(path(), "n1", clock_);
  ASSERT_TRUE(log.start());
  std::filesystem::rename(path(), path("moved"));
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  log.reopen();
  log.note({.action = "login"});
  log.stop();
  EXPECT_EQ(lines("moved").size(), 1u);
}

TEST_F(AuditLogTest, WhatWaitsIsBoundedAndTheRestIsCounted) {
  AuditLog log(path(), "n1", clock_);  // not started: nothing is written
  for (std::size_t i = 0; i < AuditLog::kWaitingMax + 5; ++i) log.note({.action = "login"});
  EXPECT_EQ(log.lost(), 5u);
  ASSERT_TRUE(log.start());
  log.stop();
  const auto all = lines();
  ASSERT_EQ(all.size(), AuditLog::kWaitingMax + 1);
  EXPECT_EQ(all[0].value("count", 0), 5);
}

TEST_F(AuditLogTest, WithoutAFileItKeepsNothing) {
  AuditLog log("", "n1", clock_);
  ASSERT_TRUE(log.start());
  for (std::size_t i = 0; i < AuditLog::kWaitingMax + 5; ++i) log.note({.action = "login"});
  EXPECT_EQ(log.lost(), 0u);
}

TEST_F(AuditLogTest, AFileThatCannotBeOpenedIsNamed) {
  AuditLog log("/proc/nowhere/audit", "n1", clock_);
  const auto started = log.start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().detail.find("/proc/nowhere/audit"), std::string::npos);
}

}  // namespace
}  // namespace fairlead::audit
