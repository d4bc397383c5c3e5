#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "load/url.h"

namespace fairlead::load {

enum class Transport : std::uint8_t { kWebSocket, kSse, kPoll };
std::string_view name_of(Transport transport);  // ws, sse, poll

// What `fairlead bench` was asked for, as it was written.
struct Options {
  std::string url;
  int receivers = 100;
  std::vector<std::string> transports = {"ws", "sse", "poll"};
  double rate = 10;    // sends a second
  double seconds = 0;  // 0: 10, or 3 for each step of `saturate`
  int payload_bytes = 200;
  int senders = 0;  // sends in flight; 0: 1, or 8 with `saturate`
  bool saturate = false;
  std::string name;
  std::string password;
  std::string token;
  std::string room;
  bool insecure = false;
  bool json = false;
};

// … once it has been found to make sense.
struct Plan {
  Options options;
  Url url;
  std::vector<Transport> transports;
  int senders = 1;
  double seconds = 10;
  bool own_account = false;  // one was given: no other is signed up
};

// Says which option is wrong otherwise. Pure.
tl::expected<Plan, std::string> make_plan(Options options);

// How many descriptors the plan takes at once.
std::uint64_t descriptors_needed(const Plan& plan);

}  // namespace fairlead::load
