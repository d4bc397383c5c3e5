#pragma once

#include "load/receiver.h"
#include "load/sse_parser.h"

namespace fairlead::load {

// Listens to an event stream (PROTOCOL section 5).
class SseReceiver final : public Receiver {
 public:
  using Receiver::Receiver;

 private:
  std::string request() override;
  void take(std::string_view bytes) override;

  SseParser events_;
};

}  // namespace fairlead::load
