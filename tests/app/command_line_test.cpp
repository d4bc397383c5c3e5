#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "app/command_line.h"
#include "app/config_command.h"
#include "app/data_directory.h"

namespace fairlead::app {
namespace {

CommandLine parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "fairlead");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

std::filesystem::path scratch(const char* name) {
  const auto path = std::filesystem::temp_directory_path() /
                    (std::string("fairlead-app-") + name + "-" + std::to_string(::getpid()));
  std::filesystem::remove_all(path);
  return path;
}

TEST(CommandLine, ServeHasTheDefaultsOfTheContract) {
  const auto line = parse({"serve"});
  ASSERT_TRUE(line.run);
  EXPECT_EQ(line.config.sends_per_5s, 5);
  EXPECT_EQ(line.config.sends_burst, 10);
  EXPECT_EQ(line.config.drain_seconds, 10);
  EXPECT_EQ(line.config.listen, std::vector<std::string>{"127.0.0.1:8400"});
  EXPECT_FALSE(line.config.node.empty());
}

TEST(CommandLine, AFlagWinsOverTheEnvironmentAndThatOverTheFile) {
  const auto file = scratch("config");
  std::ofstream(file) << "drain-seconds=3\nsends-per-5s=3\nsends-burst=3\n";
  ::setenv("FAIRLEAD_SENDS_PER_5S", "4", 1);
  ::setenv("FAIRLEAD_SENDS_BURST", "4", 1);
  const auto path = file.string();
  const auto line = parse({"serve", "--config", path.c_str(), "--sends-burst", "5"});
  ::unsetenv("FAIRLEAD_SENDS_PER_5S");
  ::unsetenv("FAIRLEAD_SENDS_BURST");
  std::filesystem::remove(file);
  ASSERT_TRUE(line.run);
  EXPECT_EQ(line.config.drain_seconds, 3);
  EXPECT_EQ(line.config.sends_per_5s, 4);
  EXPECT_EQ(line.config.sends_burst, 5);
}

TEST(CommandLine, AMisspeltNameInTheConfigFileIsAMistake) {
  const auto file = scratch("misspelt");
  std::ofstream(file) << "drain-secnods=3\n";
  const auto path = file.string();
  const auto line = parse({"serve", "--config", path.c_str()});
  std::filesystem::remove(file);
  EXPECT_FALSE(line.run);
  EXPECT_NE(line.exit_code, 0);
}

TEST(CommandLine, AMistakeIsAnErrorAndHelpIsNot) {
  EXPECT_NE(parse({"serve", "--http-workers", "0"}).exit_code, 0);
  EXPECT_NE(parse({"serve", "--no-such-flag"}).exit_code, 0);
  EXPECT_NE(parse({}).exit_code, 0);
  const auto help = parse({"serve", "--help"});
  EXPECT_FALSE(help.run);
  EXPECT_EQ(help.exit_code, 0);
}

TEST(CommandLine, AMistakeSaysWhatIsMeantAndWhereToLook) {
  const auto said = [](std::vector<const char*> arguments) {
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(parse(std::move(arguments)).exit_code, 2);
    return ::testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(said({"srve"}),
            "fairlead: there is no 'srve': serve, bench, config and doctor are what there is\nTry: fairlead --help\n");
  EXPECT_EQ(said({}), "fairlead: say what to do: serve, bench, config and doctor\nTry: fairlead --help\n");
  EXPECT_EQ(said({"bench"}), "fairlead: url is required\nTry: fairlead bench --help\n");
  const auto unknown = said({"serve", "--bogus"});
  EXPECT_TRUE(unknown.starts_with("fairlead: ")) << unknown;
  EXPECT_NE(unknown.find("--bogus"), std::string::npos) << unknown;
  EXPECT_NE(unknown.find("Try: fairlead serve --help"), std::string::npos) << unknown;
}

TEST(CommandLine, ARedisAddressIsCheckedBeforeAnythingIsStarted) {
  for (const auto* good : {"none", "127.0.0.1:6379", "[::1]:6379", "unix:/run/redis.sock"}) {
    EXPECT_EQ(parse({"serve", "--redis", good}).config.redis, good);
  }
  EXPECT_EQ(parse({"serve", "--redis", "redis://cache:6380"}).config.redis, "cache:6380");
  for (const auto* bad : {"", "cache", "cache:", ":6379", "cache:0", "cache:70000", "cache:1x", "unix:/",
                          "rediss://cache", "redis://cache:6380/0"}) {
    EXPECT_EQ(parse({"serve", "--redis", bad}).exit_code, 2) << bad;
  }
}

TEST(CommandLine, BenchTakesAUrlAndItsOptions) {
  const auto line = parse({"bench", "https://h/chat", "--transports", "ws,poll", "--rate", "2.5", "--receivers", "7",
                           "--saturate", "--json", "--insecure", "--room", "r_1", "--senders", "3"});
  ASSERT_TRUE(line.run);
  EXPECT_EQ(line.subcommand, Subcommand::kBench);
  EXPECT_EQ(line.bench.url, "https://h/chat");
  EXPECT_EQ(line.bench.transports, (std::vector<std::string>{"ws", "poll"}));
  EXPECT_EQ(line.bench.rate, 2.5);
  EXPECT_EQ(line.bench.receivers, 7);
  EXPECT_EQ(line.bench.senders, 3);
  EXPECT_EQ(line.bench.room, "r_1");
  EXPECT_TRUE(line.bench.saturate && line.bench.json && line.bench.insecure);
  EXPECT_EQ(parse({"serve"}).subcommand, Subcommand::kServe);
}

TEST(CommandLine, AMistakeOfBenchIsExitCode2) {
  EXPECT_EQ(parse({"bench"}).exit_code, 2);
  EXPECT_EQ(parse({"bench", "http://h", "--rate", "fast"}).exit_code, 2);
  EXPECT_EQ(parse({"bench", "http://h", "and-more"}).exit_code, 2);
  EXPECT_EQ(parse({"bench", "--help"}).exit_code, 0);
}

TEST(CommandLine, ConfigTakesWhatServeTakesFromTheSamePlaces) {
  const auto file = scratch("config-nginx");
  std::ofstream(file) << "listen=\"unix:/run/a.sock\"\ndrain-seconds=33\n";
  const auto path = file.string();
  auto line = parse({"config", "nginx", "--stdout", "--config", path.c_str(), "--listen", "8443"});
  ASSERT_TRUE(line.run);
  EXPECT_EQ(line.subcommand, Subcommand::kConfig);
  EXPECT_EQ(line.config_command.server.drain_seconds, 33);
  EXPECT_EQ(upstream_of(line.config_command.server), "unix:/run/a.sock");
  EXPECT_EQ(line.config_command.nginx.listens, std::vector<std::string>{"8443"});
  line = parse({"config", "--listen", "unix:/run/b.sock", "nginx", "--stdout", "--drain-seconds", "5"});
  ASSERT_TRUE(line.run);
  EXPECT_EQ(upstream_of(line.config_command.server), "unix:/run/b.sock");
  EXPECT_EQ(line.config_command.server.drain_seconds, 5);
  std::filesystem::remove(file);
}

TEST(CommandLine, NginxFindsTheNodeWhereItListens) {
  Config config;
  EXPECT_EQ(upstream_of(config), "127.0.0.1:8400");
  config.listen = {"0.0.0.0:8400"};
  EXPECT_EQ(upstream_of(config), "127.0.0.1:8400");
  config.listen = {"[::]:8400"};
  EXPECT_EQ(upstream_of(config), "127.0.0.1:8400");
  config.listen = {"10.0.0.1:8400", "unix:/run/fairlead.sock"};
  EXPECT_EQ(upstream_of(config), "unix:/run/fairlead.sock");
}

TEST(CommandLine, ConfigNginxWantsToKnowWhere) {
  EXPECT_EQ(parse({"config", "nginx"}).exit_code, 2);
  EXPECT_EQ(parse({"config", "nginx", "--stdout", "--out", "/tmp/x"}).exit_code, 2);
  EXPECT_EQ(parse({"config", "nginx", "--stdout", "--tls", "only-one"}).exit_code, 2);
  EXPECT_EQ(parse({"config", "nginx", "--help"}).exit_code, 0);
}

TEST(CommandLine, ConfigAloneIsAskedForHelp) {
  ::testing::internal::CaptureStdout();
  const auto line = parse({"config"});
  const auto said = ::testing::internal::GetCapturedStdout();
  EXPECT_FALSE(line.run);
  EXPECT_EQ(line.exit_code, 0);
  EXPECT_NE(said.find("fairlead config nginx --help"), std::string::npos) << said;
}

TEST(CommandLine, ConfigShowSaysWhereEachValueComesFromAndNoSecret) {
  const auto file = scratch("config-show");
  std::ofstream(file) << "readers=3\n";
  const auto path = file.string();
  ::setenv("FAIRLEAD_WS_SHARDS", "4", 1);
  const auto line = parse({"config", "show", "--config", path.c_str(), "--sends-burst", "7", "--api-key",
                           "0123456789abcdef", "--origin", "https://a,https://b"});
  ::unsetenv("FAIRLEAD_WS_SHARDS");
  ASSERT_TRUE(line.run);
  const auto& shown = line.config_command.shown;
  const auto source = [&](const std::string& setting) {
    const auto at = shown.find("\n" + setting + " ");
    if (at == std::string::npos) return "there is no " + setting;
    const auto mark = shown.find("# ", at);
    return shown.substr(mark + 2, shown.find('\n', mark) - mark - 2);
  };
  EXPECT_EQ(source("readers=3"), "the file");
  EXPECT_EQ(source("ws-shards=4"), "the variable FAIRLEAD_WS_SHARDS");
  EXPECT_EQ(source("sends-burst=7"), "the command line");
  EXPECT_EQ(source("drain-seconds=10"), "default");
  EXPECT_EQ(source("listen=[\"127.0.0.1:8400\"]"), "default");
  EXPECT_EQ(source("origin=[\"https://a\", \"https://b\"]"), "the command line");
  EXPECT_EQ(shown.find("0123456789abcdef"), std::string::npos);
  // It is a config file that does the same.
  std::ofstream(file) << shown;
  const auto again = parse({"serve", "--config", path.c_str()});
  ASSERT_TRUE(again.run) << shown;
  EXPECT_EQ(again.config.readers, 3);
  EXPECT_EQ(again.config.ws_shards, 4);
  EXPECT_EQ(again.config.sends_burst, 7);
  EXPECT_EQ(again.config.origins, (std::vector<std::string>{"https://a", "https://b"}));
  EXPECT_EQ(again.config.listen, std::vector<std::string>{"127.0.0.1:8400"});
  EXPECT_FALSE(again.config.trusted_proxy);
  std::filesystem::remove(file);
}

TEST(CommandLine, AnApiKeyThatIsEasilyGuessedIsAMistake) {
  EXPECT_EQ(parse({"serve", "--api-key", "short"}).exit_code, 2);
  const auto line = parse({"serve", "--api-key", "0123456789abcdef", "--api-key", "another key that is long enough"});
  ASSERT_TRUE(line.run);
  EXPECT_EQ(line.config.api_keys.size(), 2U);
}

TEST(DataDirectory, IsMadeAndIsForOneServerAtATime) {
  const auto path = scratch("data") / "deep";
  for (const auto sharing : {Sharing::kAlone, Sharing::kWithNodes}) {
    const auto first = open_data_directory(path.string(), "a", Sharing::kAlone);
    ASSERT_TRUE(first);
    const auto second = open_data_directory(path.string(), "b", sharing);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().detail.find("another fairlead"), std::string::npos);
  }
  EXPECT_TRUE(open_data_directory(path.string(), "a", Sharing::kAlone));
  std::filesystem::remove_all(path.parent_path());
}

TEST(DataDirectory, IsForSeveralNodesIfTheyHaveNamesOfTheirOwn) {
  const auto path = scratch("shared");
  const auto first = open_data_directory(path.string(), "host/a", Sharing::kWithNodes);
  ASSERT_TRUE(first);
  EXPECT_TRUE(open_data_directory(path.string(), "host/b", Sharing::kWithNodes));
  const auto again = open_data_directory(path.string(), "host/a", Sharing::kWithNodes);
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().detail.find("--node"), std::string::npos);
  EXPECT_FALSE(open_data_directory(path.string(), "c", Sharing::kAlone));
  std::filesystem::remove_all(path);
}

TEST(DataDirectory, OneThatCannotBeMadeIsNamed) {
  const auto opened = open_data_directory("/proc/nowhere/data", "a", Sharing::kAlone);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().detail.find("/proc/nowhere/data"), std::string::npos);
}

}  // namespace
}  // namespace fairlead::app
