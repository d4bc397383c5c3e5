// docs/asyncapi.yaml must name exactly what the server says and understands.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "hub/transport.h"
#include "protocol/command.h"

namespace fairlead::connect {
namespace {

using Words = std::set<std::string>;

std::string read(const std::string& path) {
  std::ifstream in(std::string(FAIRLEAD_SOURCE_DIR) + "/" + path);
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_FALSE(text.str().empty()) << path;
  return text.str();
}

Words all_matches(const std::string& text, const std::regex& pattern) {
  Words words;
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) {
    words.insert((*it)[1]);
  }
  return words;
}

// Every `enum: [a, b, …]` of the document.
std::set<Words> documented_enums() {
  static const std::regex kEnum(R"(enum:\s*\[([^\]]*)\])");
  static const std::regex kWord(R"(([a-z_.]+))");
  std::set<Words> all;
  for (const auto& list : all_matches(read("docs/asyncapi.yaml"), kEnum)) {
    all.insert(all_matches(list, kWord));
  }
  return all;
}

TEST(AsyncApi, NamesEveryReasonOfAByeAndNoOther) {
  Words codes;
  for (int i = 0; i <= static_cast<int>(hub::EndReason::kInternal); ++i) {
    codes.emplace(hub::traits(static_cast<hub::EndReason>(i)).code);
  }
  EXPECT_TRUE(documented_enums().contains(codes)) << ::testing::PrintToString(codes);
}

TEST(AsyncApi, NamesEveryCommandAndNoOther) {
  Words ops;
  for (int i = 0; i <= static_cast<int>(protocol::CommandOp::kReceived); ++i) {
    ops.emplace(protocol::to_wire(static_cast<protocol::CommandOp>(i)));
  }
  EXPECT_TRUE(documented_enums().contains(ops)) << ::testing::PrintToString(ops);
}

TEST(AsyncApi, NamesEveryDurableEventAndNoOther) {
  static const std::regex kType(R"re("((?:message|reaction|room|member|read)\.[a-z]+)")re");
  const auto types = all_matches(read("src/chat/events.cpp"), kType);
  EXPECT_GE(types.size(), 12u);
  // `type: { const: … }` or `type: { enum: [ … ] }`, a payload each.
  static const std::regex kPayload(R"(type: \{ (?:const|enum): ([^}]*)\})");
  static const std::regex kDocumented(R"(((?:message|reaction|room|member|read)\.[a-z]+))");
  Words documented;
  for (const auto& payload : all_matches(read("docs/asyncapi.yaml"), kPayload)) {
    documented.merge(all_matches(payload, kDocumented));
  }
  EXPECT_EQ(documented, types);
}

TEST(AsyncApi, NamesEveryTransportAndNoOther) {
  EXPECT_TRUE(documented_enums().contains(Words{"websocket", "sse", "poll"}));
}

}  // namespace
}  // namespace fairlead::connect
