#include "load/sse_parser.h"

#include <gtest/gtest.h>

#include <vector>

#include "pieces.h"

namespace fairlead::load {
namespace {

std::vector<std::string> read(std::initializer_list<std::string_view> pieces, SseParser& parser) {
  std::vector<std::string> events;
  for (const auto piece : pieces) {
    parser.feed(piece, [&events](std::string_view data) {
      events.emplace_back(data);
      return true;
    });
  }
  return events;
}

TEST(SseParser, EventsAreTheSameWhereverTheyAreCut) {
  const std::vector<std::string> expected = {"one", "two\nlines", "", "four"};
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    std::string text;
    for (const auto* line :
         {"retry: 10", "", ": comment", "id: 7", "data: one", "", "event: x", "data:two",
          "data: lines", "", "data", "", "nothing", "", "data: four", "", "data: not over"}) {
      text += line + end;
    }
    cut_everywhere(text, [&](std::string_view a, std::string_view b) {
      SseParser parser;
      EXPECT_EQ(read({a, b}, parser), expected) << "cut after " << a;
      EXPECT_EQ(parser.last_id(), "7");
    });
  }
}

TEST(SseParser, AByteOrderMarkAndOneSpaceAreTakenAway) {
  SseParser parser;
  EXPECT_EQ(read({"\xEF\xBB\xBF", "data:  two spaces\n\n"}, parser),
            std::vector<std::string>{" two spaces"});
}

TEST(SseParser, StopsWhenItIsTold) {
  SseParser parser;
  int events = 0;
  EXPECT_FALSE(
      parser.feed("data: 1\n\ndata: 2\n\n", [&events](std::string_view) { return ++events < 1; }));
  EXPECT_EQ(events, 1);
}

}  // namespace
}  // namespace fairlead::load
