#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "doctor/path/examination.h"

namespace fairlead::doctor {

struct StreamEvent {
  std::string type;
  double at_s = 0;             // since the request began, when its last byte came
  std::string session, probe;  // of hello
};

// The events of an answer to /rt/v1/sse so far, each with the time at which it was whole. Pure.
std::vector<StreamEvent> events_in(const Answer& answer);

// How the first events of a stream came.
enum class Pace : std::uint8_t {
  kRefused,  // no event stream
  kWell,
  kDelayed,  // hello and the second event came together, late
  kBehind,   // hello came, the second event did not
  kHeld,     // nothing came
};
struct StreamLook {
  Pace pace = Pace::kRefused;
  double delay_s = 0;    // kDelayed
  std::string encoding;  // Content-Encoding, if it is not identity
};
// Of a stream that was watched until its second event came, or for long enough. Pure.
StreamLook look_at(const Answer& answer);

}  // namespace fairlead::doctor
