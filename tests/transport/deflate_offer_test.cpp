#include "transport/websocket/deflate_offer.h"

#include <gtest/gtest.h>

namespace fairlead::websocket {
namespace {

constexpr std::string_view kPlain =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

TEST(DeflateOffer, WhatClientsOfferIsAnswered) {
  for (const auto* offer :
       {"permessage-deflate", "permessage-deflate; client_max_window_bits",
        "permessage-deflate;client_max_window_bits=9",
        "permessage-deflate ; server_no_context_takeover",
        "permessage-deflate; client_no_context_takeover; client_max_window_bits=\"10\"",
        "permessage-deflate;"}) {
    EXPECT_EQ(answer_to_deflate_offer(offer), kPlain) << offer;
  }
}

TEST(DeflateOffer, AWindowThatOursFitsIntoIsPromised) {
  for (const auto* bits : {"12", "13", "14", "15"}) {
    EXPECT_EQ(
        answer_to_deflate_offer(std::string("permessage-deflate; server_max_window_bits=") + bits),
        std::string(kPlain) + "; server_max_window_bits=" + bits);
  }
  for (const auto* bits : {"8", "9", "11"}) {
    EXPECT_EQ(
        answer_to_deflate_offer(std::string("permessage-deflate; server_max_window_bits=") + bits),
        "");
  }
}

TEST(DeflateOffer, WhatIsNotToTheLetterIsDeclined) {
  for (const auto* offer :
       {"",
        "x-webkit-deflate-frame",
        "permessage-deflat",
        "permessage-deflate-2",
        "permessage-deflate; unknown",
        "permessage-deflate; unknown=1",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; client_max_window_bits; client_max_window_bits=10",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover=",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=015",
        "permessage-deflate; server_max_window_bits=1 5",
        "permessage-deflate; server_max_window_bits=\"15",
        "permessage-deflate; server_max_window_bits=-1",
        "permessage-deflate; client_max_window_bits=",
        "permessage-deflate; client_max_window_bits=0",
        "permessage-deflate; client_max_window_bits=99999999999999999999",
        "permessage-deflate; ; client_max_window_bits",
        "permessage-deflate; =",
        "permessage-deflate; client_max_window_bits=\"1;0\""}) {
    EXPECT_EQ(answer_to_deflate_offer(offer), "") << offer;
  }
}

}  // namespace
}  // namespace fairlead::websocket
