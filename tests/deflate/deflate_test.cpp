#include "deflate/deflate.h"

#include <gtest/gtest.h>

#include <random>

namespace fairlead::deflate {
namespace {

constexpr std::size_t kMax = 64 * 1024;

std::string octets(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

std::string event(const std::string& text) {
  return R"({"type":"message.created","room_id":"r_0123456789abc","time":"2026-11-21T23:37:06.123Z",)"
         R"("data":{"id":"m_0123456789abc","room_id":"r_0123456789abc","text":")" +
         text + R"(","created_at":"2026-11-21T23:37:06.123Z","mentions":[],"reactions":[]}})";
}

std::string noise(std::size_t bytes) {
  std::mt19937 random(7);
  std::string text;
  while (text.size() < bytes) text += static_cast<char>(random());
  return text;
}

// What RFC 7692 section 7.2.3 shows, read as it says.
TEST(Inflate, TheExamplesOfTheRfc) {
  std::string message;
  for (const auto& payload :
       {octets({0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00}),
        octets({0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00}),
        octets({0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00}),
        octets({0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00})}) {
    EXPECT_EQ(inflate(payload, kMax, message), Inflated::kWhole);
    EXPECT_EQ(message, "Hello");
  }
}

TEST(Inflate, AnEmptyMessageIsOneOctetOrNone) {
  std::string message = "left over";
  EXPECT_EQ(inflate(octets({0x00}), kMax, message), Inflated::kWhole);
  EXPECT_EQ(message, "");
  message = "left over";
  EXPECT_EQ(inflate("", kMax, message), Inflated::kWhole);
  EXPECT_EQ(message, "");
}

// The second message of a client that goes on with the first one's window.
TEST(Inflate, WhatAnotherMessageHadCannotBeReferredTo) {
  std::string message;
  ASSERT_EQ(inflate(octets({0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00}), kMax, message),
            Inflated::kWhole);
  EXPECT_EQ(inflate(octets({0xf2, 0x00, 0x11, 0x00, 0x00}), kMax, message), Inflated::kBroken);
}

TEST(Inflate, WhatIsNoDeflateDataIsBroken) {
  std::string message;
  EXPECT_EQ(inflate(octets({0xff, 0xff, 0xff}), kMax, message), Inflated::kBroken);
  EXPECT_EQ(inflate(octets({0x07}), kMax, message), Inflated::kBroken);  // a block of no type
  // Cut off: a stored block of five octets with two.
  EXPECT_EQ(inflate(octets({0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65}), kMax, message),
            Inflated::kBroken);
}

TEST(Inflate, EveryCutIsBrokenOrSomethingElse) {
  const auto text = event("the quick brown fox, the quick brown dog");
  std::string payload, message;
  ASSERT_TRUE(add_compressed(payload, text));
  for (std::size_t n = 1; n < payload.size(); ++n) {
    const auto result = inflate(std::string_view(payload).substr(0, n), kMax, message);
    EXPECT_FALSE(result == Inflated::kWhole && message == text) << n;
  }
}

TEST(Inflate, ABombEndsAtTheLimit) {
  std::string payload, message;
  ASSERT_TRUE(add_compressed(payload, std::string(10'000'000, 'a')));
  ASSERT_LT(payload.size(), kMax);
  EXPECT_EQ(inflate(payload, kMax, message), Inflated::kTooLong);
  EXPECT_EQ(message.size(), kMax);
  EXPECT_LE(message.capacity(), 4 * kMax);
}

TEST(Inflate, TheLimitItselfFits) {
  std::string payload, message;
  ASSERT_TRUE(add_compressed(payload, std::string(kMax, 'a')));
  EXPECT_EQ(inflate(payload, kMax, message), Inflated::kWhole);
  EXPECT_EQ(message, std::string(kMax, 'a'));
  EXPECT_EQ(inflate(payload, kMax - 1, message), Inflated::kTooLong);
}

// Each begins a new stream: none may cost more than the octets it has.
TEST(Inflate, ManyLastBlocksAreOneMessage) {
  std::string payload, message;
  for (int i = 0; i < 1000; ++i) payload += octets({0x01, 0x01, 0x00, 0xfe, 0xff, 'x'});
  payload += octets({0x00});
  EXPECT_EQ(inflate(payload, kMax, message), Inflated::kWhole);
  EXPECT_EQ(message, std::string(1000, 'x'));
}

TEST(AddCompressed, ComesBackAsItWas) {
  std::string message;
  for (const std::size_t chars : {0u, 10u, 100u, 4000u, 70'000u}) {
    const auto text = event(std::string(chars, 'x') + " \xc3\xa9 \xf0\x9f\x91\x8b");
    std::string out = "before";
    ASSERT_TRUE(add_compressed(out, text));
    EXPECT_LT(out.size(), 6 + text.size());
    ASSERT_EQ(out.substr(0, 6), "before");
    ASSERT_EQ(inflate(std::string_view(out).substr(6), 100'000, message), Inflated::kWhole);
    EXPECT_EQ(message, text);
  }
}

TEST(AddCompressed, SaysWhenItIsNotWorthIt) {
  for (const auto& text : {std::string(), std::string("{}"), noise(3), noise(5000)}) {
    std::string out = "before";
    EXPECT_FALSE(add_compressed(out, text));
    EXPECT_EQ(out, "before");
  }
}

// CRIME needs a dictionary that another message left.
TEST(AddCompressed, DependsOnNothingButTheMessage) {
  const auto text = event("my secret is 12345");
  std::string alone, after;
  ASSERT_TRUE(add_compressed(alone, text));
  std::string others;
  ASSERT_TRUE(add_compressed(others, event("my secret is 12345, too")));
  EXPECT_FALSE(add_compressed(others, noise(20'000)));
  ASSERT_TRUE(add_compressed(after, text));
  EXPECT_EQ(after, alone);
}

}  // namespace
}  // namespace fairlead::deflate
