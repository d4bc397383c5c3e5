#include "load/event_reader.h"

#include <gtest/gtest.h>

#include <vector>

namespace fairlead::load {
namespace {

constexpr std::string_view kMessage =
    R"({"type":"message.created","cursor":"c1.x.7","room_id":"r_1","data":{"id":"m_1","seq":12,"author":{"name":"a\"seq\":9}"},"text":"hi there","reactions":[{"n":[1,2]}]}})";

TEST(EventReader, AMessageIsReadWhateverStandsAroundIt) {
  const auto event = read_event(kMessage);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->type, "message.created");
  EXPECT_EQ(event->cursor, "c1.x.7");
  EXPECT_EQ(event->seq, 12u);
  EXPECT_EQ(event->text, "hi there");
}

TEST(EventReader, SpacesAndOrderDoNotMatter) {
  const auto event = read_event(
      "{ \"data\" : { \"text\" : \"t\" , \"seq\" : 3 } ,\n\"type\" : \"message.created\" }");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->text, "t");
  EXPECT_EQ(event->seq, 3u);
  EXPECT_EQ(event->cursor, "");
}

TEST(EventReader, HelloAndByeSayWhatAReceiverNeeds) {
  const auto hello = read_event(R"({"type":"hello","session":"s_1","cursor":"c","user":{}})");
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->session, "s_1");
  const auto bye = read_event(R"({"type":"bye","code":"restart","reconnect_in_ms":1200})");
  ASSERT_TRUE(bye);
  EXPECT_EQ(bye->reconnect_in_ms, 1200);
}

TEST(EventReader, WhatIsNotWholeIsNoEvent) {
  for (std::size_t size = 0; size < kMessage.size(); ++size) {
    EXPECT_FALSE(read_event(kMessage.substr(0, size))) << size;
  }
  for (const auto* bad : {"[]", "null", "{}", "{\"type\":7}", "{\"type\"}", "<html>"})
    EXPECT_FALSE(read_event(bad)) << bad;
}

TEST(EventReader, APollsAnswerIsTakenApart) {
  const auto answer = read_poll_answer(
      R"({"events":[{"type":"a","cursor":"in [the] event"},{"type":"b"}],"session":"s_1","cursor":"c9","poll_again_ms":0})");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->cursor, "c9");
  EXPECT_EQ(answer->session, "s_1");
  std::vector<std::string> types;
  EXPECT_TRUE(each_element(answer->events, [&types](std::string_view event) {
    types.emplace_back(read_event(event)->type);
  }));
  EXPECT_EQ(types, (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(read_poll_answer(R"({"transports":[]})"));
}

TEST(EventReader, AMarkComesBackFromTheTextItWasPutInto) {
  const auto text = marked_text("0123abcd", {3, 4567}, 200);
  EXPECT_EQ(text.size(), 200u);
  const auto mark = read_mark("0123abcd", text);
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->trial, 3u);
  EXPECT_EQ(mark->number, 4567u);
  EXPECT_FALSE(read_mark("0123abce", text)) << "another run's";
  EXPECT_FALSE(read_mark("0123abcd", "what people say"));
  EXPECT_FALSE(read_mark("0123abcd", text.substr(0, 24)));
}

TEST(EventReader, TheShortestTextHoldsTheLongestMark) {
  const Mark mark{999'999, 9'999'999'999};
  const auto text = marked_text("0123abcd", mark, kMarkedTextBytesMin);
  EXPECT_EQ(text.size(), kMarkedTextBytesMin);
  EXPECT_EQ(read_mark("0123abcd", text)->number, mark.number);
}

}  // namespace
}  // namespace fairlead::load
