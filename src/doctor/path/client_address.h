#pragma once

#include <string_view>

#include "doctor/verdict/finding.h"

namespace fairlead::doctor {

struct SeenFrom {
  std::string_view network;  // as the server names it: "203.0.113.0/24", "local"
  std::string_view peer_ip;  // what this client is connected to
  bool real_ip_arrived;      // X-Real-IP was among the header fields
  bool by_forward_proxy;
  bool by_reverse_proxy;  // one shows itself, as far as can be told
};

// Whether the server can have learnt the client's address. kNone: it looks right. Pure.
Symptom judge_client_address(const SeenFrom& seen);

}  // namespace fairlead::doctor
