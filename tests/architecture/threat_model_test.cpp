// docs/SECURITY.md names a test for each threat; every one of them must be there.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = FAIRLEAD_SOURCE_DIR;

std::string text_of(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::set<std::string> found_in(const std::string& text, const std::regex& pattern,
                               const std::string& form) {
  std::set<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) {
    found.insert(it->format(form));
  }
  return found;
}

// `Suite.Name` and `test_name` of all tests in the tree.
std::set<std::string> all_tests() {
  static const std::regex kCpp(R"(TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\))"),
      kPython(R"(def (test_\w+)\()");
  std::set<std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "tests")) {
    if (!entry.is_regular_file()) continue;
    if (entry.path().extension() == ".cpp")
      all.merge(found_in(text_of(entry.path()), kCpp, "$1.$2"));
    if (entry.path().extension() == ".py")
      all.merge(found_in(text_of(entry.path()), kPython, "$1"));
  }
  return all;
}

std::set<std::string> named_tests() {
  static const std::regex kNamed(R"(`((?:[A-Z]\w+\.[A-Z]\w+)|(?:test_\w+))`)");
  return found_in(text_of(kRoot / "docs/SECURITY.md"), kNamed, "$1");
}

TEST(ThreatModel, EveryTestThatItNamesIsThere) {
  const auto all = all_tests();
  const auto named = named_tests();
  EXPECT_GT(all.size(), 500u);
  EXPECT_GT(named.size(), 60u);
  for (const auto& name : named) {
    if (name == "Suite.Name") continue;  // how they are written
    EXPECT_TRUE(all.contains(name)) << "docs/SECURITY.md names " << name;
  }
}

// A row ends with a cell of tests: "| S | threat | what stops it | `test` |".
TEST(ThreatModel, EveryThreatNamesATest) {
  std::ifstream in(kRoot / "docs/SECURITY.md");
  static const std::regex kThreat(R"(^\| [STRIDE]+ \|)"), kShown(R"(\| `[^|]*` \|$)");
  std::size_t threats = 0;
  for (std::string line; std::getline(in, line);) {
    if (!std::regex_search(line, kThreat)) continue;
    ++threats;
    EXPECT_TRUE(std::regex_search(line, kShown)) << line;
  }
  EXPECT_GT(threats, 40u);
}

}  // namespace
