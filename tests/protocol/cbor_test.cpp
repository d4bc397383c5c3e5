#include "protocol/cbor.h"

#include <gtest/gtest.h>

#include "protocol/command.h"

namespace fairlead::protocol {
namespace {

std::string octets(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

std::string cbor(std::string_view json) {
  std::string out;
  add_cbor(out, json);
  return out;
}

// {"a": <item>}
std::string map_of(const std::string& item) { return octets({0xa1, 0x61, 'a'}) + item; }

std::string complaint(const std::string& bytes) {
  const auto parsed = parse_cbor_object(bytes);
  return parsed ? "taken: " + dump(*parsed) : parsed.error().detail;
}

TEST(Cbor, WhatJsonSaysIsSaidInTheShortestWay) {
  EXPECT_EQ(cbor(R"({"type":"ack","ref":1})"), octets({0xa2, 0x64, 't', 'y', 'p', 'e', 0x63, 'a', 'c',
                                                       'k', 0x63, 'r', 'e', 'f', 0x01}));
  EXPECT_EQ(cbor(R"({"a":[null,true,false,-1,1000]})"),
            map_of(octets({0x85, 0xf6, 0xf5, 0xf4, 0x20, 0x19, 0x03, 0xe8})));
}

TEST(Cbor, ComesBackAsItWas) {
  for (const auto* json :
       {"{}", R"({"a":"é 👋","b":{"c":[1,2,{"d":null}]},"e":1.5,"f":-9223372036854775808})",
        R"({"big":18446744073709551615,"z":"first","a":"second"})"}) {
    const auto parsed = parse_cbor_object(cbor(json));
    ASSERT_TRUE(parsed) << parsed.error().detail;
    EXPECT_EQ(dump(*parsed), json);
  }
}

TEST(Cbor, CommandsAreTheSameInBoth) {
  const std::string json =
      R"({"op":"send","ref":"r1","room_id":"r_0000000000001","text":"hi","metadata":{"a":[1,2.5]}})";
  const auto from_json = parse_command(json);
  const auto from_cbor = parse_cbor_command(cbor(json));
  ASSERT_TRUE(from_json && from_cbor);
  EXPECT_EQ(from_cbor->ref, from_json->ref);
  EXPECT_EQ(from_cbor->room, from_json->room);
  EXPECT_EQ(from_cbor->text, "hi");
  EXPECT_EQ(from_cbor->metadata, from_json->metadata);
  EXPECT_EQ(parse_cbor_command(cbor(R"({"op":"send","ref":7})")).error().ref, "7");
}

TEST(Cbor, OnlyWhatJsonHasIsTaken) {
  EXPECT_EQ(complaint(""), "a command is one CBOR map");
  EXPECT_EQ(complaint(octets({0x80})), "a command is one CBOR map");
  EXPECT_EQ(complaint(octets({0xc0, 0xa0})), "a command is one CBOR map");
  EXPECT_EQ(complaint(octets({0xa0, 0x00})), "there is something behind the CBOR map");
  EXPECT_EQ(complaint(octets({0xa1, 0x01, 0x01})), "keys must be text");
  EXPECT_EQ(complaint(octets({0xbf, 0xff})), "indefinite lengths are not taken");
  EXPECT_EQ(complaint(map_of(octets({0x9f, 0xff}))), "indefinite lengths are not taken");
  EXPECT_EQ(complaint(map_of(octets({0x7f, 0xff}))), "indefinite lengths are not taken");
  EXPECT_EQ(complaint(map_of(octets({0xff}))), "indefinite lengths are not taken");
  EXPECT_EQ(complaint(map_of(octets({0xc1, 0x01}))), "tags are not taken");
  EXPECT_EQ(complaint(map_of(octets({0xd9, 0xd9, 0xf7, 0x01}))), "tags are not taken");
  EXPECT_EQ(complaint(map_of(octets({0x41, 'x'}))), "byte strings are not taken");
  EXPECT_EQ(complaint(map_of(octets({0x62, 0xc3, 0x28}))), "text must be UTF-8");
  EXPECT_EQ(complaint(map_of(octets({0x61, 0x00}))), "U+0000 is not allowed in text");
  EXPECT_EQ(complaint(map_of(octets({0x3b, 0x80, 0, 0, 0, 0, 0, 0, 0}))),
            "integers have at most 64 bits");
  EXPECT_EQ(complaint(map_of(octets({0x1c}))), "that is no CBOR");
  for (const auto& simple : {octets({0xf7}), octets({0xf8, 0xff}), octets({0xe0}),
                             octets({0xf9, 0x7e, 0x00}), octets({0xf9, 0xfc, 0x00}),
                             octets({0xfa, 0x7f, 0xc0, 0, 0}), octets({0xfa, 0xff, 0x80, 0, 0}),
                             octets({0xfb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0})}) {
    EXPECT_EQ(complaint(map_of(simple)), "only finite numbers, false, true and null are taken");
  }
}

TEST(Cbor, WhatItSaysOfItsOwnSizeIsNotBelieved) {
  for (const auto& item :
       {octets({0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), octets({0x1b, 0, 0}),
        octets({0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 'x'}),
        octets({0x9a, 0x00, 0x10, 0x00, 0x00, 0x01}), octets({0x82, 0x01}), octets({0xa1, 0x61, 'b'})}) {
    EXPECT_EQ(complaint(map_of(item)), "the CBOR item is cut off");
  }
  EXPECT_EQ(complaint(map_of(octets({0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}))),
            "more than 1000 keys");
}

TEST(Cbor, DepthAndKeysHaveTheLimitsOfJson) {
  const auto nested = [](int levels) {  // the outermost is the map
    return map_of(std::string(static_cast<std::size_t>(levels - 1), '\x81') + octets({0x01}));
  };
  EXPECT_TRUE(parse_cbor_object(nested(32)));
  EXPECT_EQ(complaint(nested(33)), "nested deeper than 32 levels");
  EXPECT_EQ(complaint(nested(60'000)), "nested deeper than 32 levels");
  std::string keys = octets({0xb9, 0x03, 0xe8});
  for (int i = 1000; i < 2000; ++i) keys += octets({0x64}) + std::to_string(i) + octets({0xf6});
  EXPECT_TRUE(parse_cbor_object(keys));
  keys[2] = '\xe9';
  EXPECT_EQ(complaint(keys + octets({0x61, 'x', 0xf6})), "more than 1000 keys");
}

TEST(Cbor, EveryCutIsRefused) {
  const auto whole = cbor(R"({"op":"send","ref":1234567,"f":1.25,"list":["a",{"b":null}]})");
  for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(parse_cbor_object(whole.substr(0, n)));
  EXPECT_TRUE(parse_cbor_object(whole));
}

}  // namespace
}  // namespace fairlead::protocol
