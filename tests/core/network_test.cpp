#include "core/network.h"

#include <gtest/gtest.h>

namespace fairlead {
namespace {

TEST(Network, IsTheFirst24Or48BitsOfAnAddress) {
  EXPECT_EQ(Network::of_ip("203.0.113.77").to_wire(), "203.0.113.0/24");
  EXPECT_EQ(Network::of_ip("2001:db8:1:2::3").to_wire(), "2001:db8:1::/48");
  EXPECT_EQ(Network::of_ip("203.0.113.77"), Network::of_ip("203.0.113.8"));
  EXPECT_NE(Network::of_ip("203.0.113.77"), Network::of_ip("203.0.114.77"));
  for (const auto* none : {"", "unix", "203.0.113", "203.0.113.77/24"}) {
    EXPECT_EQ(Network::of_ip(none).to_wire(), "local") << none;
  }
}

TEST(Network, IsReadBackFromTheWire) {
  for (const auto* text :
       {"203.0.113.0/24", "0.0.0.0/24", "255.255.255.0/24", "2001:db8:1::/48", "::/48", "local"}) {
    const auto network = Network::from_wire(text);
    ASSERT_TRUE(network) << text;
    EXPECT_EQ(network->to_wire(), text);
  }
  for (const auto* text :
       {"", "203.0.113.7/24", "203.0.113.0", "203.0.113.0/48", "2001:db8::1/48", "nowhere"}) {
    EXPECT_FALSE(Network::from_wire(text)) << text;
  }
}

}  // namespace
}  // namespace fairlead
