// The layering of docs/ARCHITECTURE.md, read from the includes: a layer may include itself and the ones named
// for it here, and a library is included only in the folder that has tamed it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = FAIRLEAD_SOURCE_DIR;

// Folder -> what it may include, beside itself. From the bottom up; nothing includes upward.
const std::map<std::string, std::set<std::string>> kLayers = {
    {"core", {}},
    {"deflate", {}},
    {"protocol", {"core"}},
    {"store", {"core", "protocol"}},
    {"store/sqlite", {"core", "protocol", "store"}},
    {"presence", {"core", "protocol"}},
    {"presence/memory", {"core", "presence"}},
    {"redis", {"core"}},
    {"presence/redis", {"core", "presence", "redis"}},
    {"bus", {"core", "protocol", "store"}},
    {"bus/local", {"core", "protocol", "store", "bus"}},
    {"bus/faulty", {"core", "protocol", "store", "bus"}},
    {"bus/redis", {"core", "protocol", "store", "bus", "redis"}},
    {"log", {"core", "protocol", "store"}},
    {"search", {"core", "protocol", "store", "log"}},
    {"hub", {"core", "deflate", "protocol", "store", "presence", "log"}},
    {"fallback/ladder", {"core", "protocol", "hub"}},
    {"fallback/ladder/redis", {"core", "redis"}},
    {"chat", {"core", "protocol", "store", "presence", "log", "search", "hub"}},
    {"auth", {"core", "protocol", "store", "log"}},
    {"audit", {"core", "protocol"}},
    {"http", {"core", "protocol"}},
    {"api", {"core", "protocol", "store", "presence", "log", "search", "hub", "chat", "auth", "audit", "http"}},
    {"transport/stream", {"core", "protocol", "store", "presence", "log", "hub"}},
    {"transport/sse", {"core", "protocol", "hub", "http", "transport/stream"}},
    {"fallback/poll", {"core", "protocol", "hub", "http", "transport/stream"}},
    {"transport/websocket", {"core", "deflate", "protocol", "store", "presence", "log", "hub", "http"}},
    {"transport/connect",
     {"core", "protocol", "hub", "chat", "auth", "audit", "http", "api", "transport/stream", "transport/sse",
      "transport/websocket", "fallback/poll"}},
    {"load", {"core", "protocol"}},
    {"nginx", {"core"}},
    {"doctor/verdict", {"core", "protocol"}},
    {"doctor/way", {"core", "load", "doctor/verdict"}},
    {"doctor/path", {"core", "protocol", "load", "doctor/verdict", "doctor/way"}},
    {"doctor/host", {"core", "nginx", "doctor/verdict", "doctor/way"}},
    {"doctor", {"core", "protocol", "load", "doctor/verdict", "doctor/way", "doctor/path", "doctor/host"}},
    {"app",
     {"core", "protocol", "store", "store/sqlite", "presence", "presence/memory", "presence/redis", "bus", "bus/local", "bus/redis", "bus/faulty", "log", "search",
      "hub", "chat", "auth", "audit", "http", "api", "transport/stream", "transport/sse",
      "transport/websocket", "transport/connect", "fallback/poll", "fallback/ladder", "fallback/ladder/redis", "load", "doctor", "nginx"}},
};

// A header's beginning -> the only folder that may include it.
const std::map<std::string, std::string> kLibraries = {
    {"sqlite3", "store/sqlite"},      {"libwebsockets", "transport/websocket"},
    {"pistache/", "http"},            {"hiredis/", "redis"},
    {"sodium", "auth"},               {"CLI/", "app"},
    {"curl/", "doctor/way"},          {"zlib", "deflate"},
};
// OpenSSL is spoken by a client of our own, looked at through libcurl, and checks issuers' signatures.
const std::set<std::string> kOpenSslFolders = {"auth", "load", "doctor/way"};
// libuv is the loop of two of them.
const std::set<std::string> kLibuvFolders = {"transport/websocket", "redis"};

struct Include {
  std::string file;     // relative to the root
  std::string folder;   // of the including file
  std::string header;
  bool quoted = false;
};

// "hub" of src/hub/shard.h, "transport/sse" of src/transport/sse/…, "fallback/poll" of fallback/poll/….
std::string folder_of(const fs::path& relative) {
  auto folder = relative.parent_path().generic_string();
  return folder.starts_with("src/") ? folder.substr(4) : folder;
}

// What npm and tsc put beside the client's sources is nobody's code.
bool is_generated(const fs::path& path) {
  const auto name = path.filename();
  return name == "node_modules" || name == "dist" || name == "package-lock.json";
}

std::vector<fs::path> files_below(const std::string& top) {
  std::vector<fs::path> files;
  for (auto it = fs::recursive_directory_iterator(kRoot / top);
       it != fs::recursive_directory_iterator(); ++it) {
    if (is_generated(it->path())) {
      it.disable_recursion_pending();
    } else if (it->is_regular_file()) {
      files.push_back(it->path());
    }
  }
  return files;
}

std::vector<Include> includes_below(const std::string& top) {
  static const std::regex kLine(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
  std::vector<Include> all;
  for (const auto& path : files_below(top)) {
    const auto extension = path.extension();
    if (extension != ".h" && extension != ".cpp") continue;
    const auto relative = fs::relative(path, kRoot);
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
      std::smatch match;
      if (!std::regex_search(line, match, kLine)) continue;
      all.push_back({relative.generic_string(), folder_of(relative), match[2], match[1] == "\""});
    }
  }
  return all;
}

std::vector<Include> all_includes() {
  auto all = includes_below("src");
  for (const auto* top : {"fallback", "nginx"}) {
    const auto more = includes_below(top);
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

TEST(Architecture, TheReaderOfIncludesFindsThem) {
  const auto all = all_includes();
  EXPECT_GT(all.size(), 300u);
  for (const auto& [layer, below] : kLayers) {
    EXPECT_TRUE(fs::is_directory(kRoot / layer) || fs::is_directory(kRoot / "src" / layer))
        << layer << " is in the table but not in the tree";
  }
}

TEST(Architecture, EveryFolderOfCodeHasItsPlaceInTheLayering) {
  for (const auto& include : all_includes()) {
    EXPECT_TRUE(kLayers.contains(include.folder))
        << include.file << ": its folder is not in the table of layers";
  }
}

TEST(Architecture, NoLayerIncludesUpward) {
  for (const auto& include : all_includes()) {
    if (!include.quoted) continue;
    const auto target = fs::path(include.header).parent_path().generic_string();
    if (target == include.folder) continue;
    const auto layer = kLayers.find(include.folder);
    if (layer == kLayers.end()) continue;  // said by the test above
    EXPECT_TRUE(layer->second.contains(target))
        << include.file << " includes " << include.header << ": " << include.folder
        << " may not know " << target;
  }
}

TEST(Architecture, EveryLibraryStaysInItsFolder) {
  for (const auto& include : all_includes()) {
    for (const auto& [prefix, home] : kLibraries) {
      if (include.header.starts_with(prefix)) {
        EXPECT_EQ(include.folder, home) << include.file << " includes " << include.header;
      }
    }
    if (include.header == "uv.h" || include.header.starts_with("uv/")) {
      EXPECT_TRUE(kLibuvFolders.contains(include.folder)) << include.file << " includes libuv";
    }
    if (include.header.starts_with("openssl/")) {
      EXPECT_TRUE(kOpenSslFolders.contains(include.folder)) << include.file << " includes OpenSSL";
    }
  }
}

TEST(Architecture, FilesAreSmallEnoughToHoldInTheHead) {
  for (const auto* top : {"src", "fallback", "nginx"}) {
    for (const auto& path : files_below(top)) {
      std::ifstream in(path);
      std::size_t lines = 0;
      for (std::string line; std::getline(in, line);) ++lines;
      EXPECT_LE(lines, 500u) << path << " has outgrown its purpose: split it";
    }
  }
}

}  // namespace
