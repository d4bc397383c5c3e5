#pragma once

#include <optional>
#include <string>

#include "doctor/path/examination.h"

namespace fairlead::doctor {

struct PollAnswer {
  std::string session, cursor;
  bool superseded = false;
};
// Nothing if the answer is none of a poll.
std::optional<PollAnswer> read_poll(const Answer& answer);

// The target of a poll that goes on from there and is held so long.
std::string held_poll(const PollAnswer& from, int timeout_s);

}  // namespace fairlead::doctor
