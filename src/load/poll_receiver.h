#pragma once

#include "load/receiver.h"

namespace fairlead::load {

// Listens by long polls, one after the other on a keep-alive connection, each from the last
// answer's cursor.
class PollReceiver final : public Receiver {
 public:
  using Receiver::Receiver;

 private:
  std::string request() override;
  void take(std::string_view bytes) override;
  void at_end(const Failure& why) override;
  void answered();
};

}  // namespace fairlead::load
