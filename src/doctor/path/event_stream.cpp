#include "doctor/path/event_stream.h"

#include "load/sse_parser.h"
#include "protocol/json.h"

namespace fairlead::doctor {
namespace {

constexpr std::size_t kEventsMax = 256;
constexpr double kSecondAfter_s = 0.3;  // the server's, between hello and the second event
constexpr double kTogether_s = 0.12;    // closer than this, they were held and let go together
constexpr double kLate_s = 1.5;         // what clients bear

std::string word(const protocol::Json& json, const char* key) {
  return json.contains(key) && json.at(key).is_string() ? json.at(key).get<std::string>()
                                                        : std::string();
}

}  // namespace

std::vector<StreamEvent> events_in(const Answer& answer) {
  std::vector<StreamEvent> events;
  load::SseParser parser;
  std::size_t begin = 0;
  for (const auto& piece : answer.pieces) {
    const auto text = std::string_view(answer.body).substr(begin, piece.end - begin);
    begin = piece.end;
    parser.feed(text, [&](std::string_view data) {
      const auto json = protocol::parse_object(data);
      if (json && events.size() < kEventsMax)
        events.push_back(
            {word(*json, "type"), piece.at_s, word(*json, "session"), word(*json, "probe")});
      return true;
    });
  }
  return events;
}

StreamLook look_at(const Answer& answer) {
  StreamLook look;
  const auto encoding = answer.header("content-encoding").value_or("");
  if (!encoding.empty() && encoding != "identity") look.encoding = encoding;
  const bool is_stream =
      answer.header("content-type").value_or("").starts_with("text/event-stream");
  const auto events = events_in(answer);
  if (answer.status == 0 && answer.trouble.kind == Trouble::Kind::kTimeout) {
    look.pace = Pace::kHeld;  // not even the head
  } else if (answer.status != 200 || !is_stream) {
    look.pace = Pace::kRefused;
  } else if (events.empty()) {
    look.pace = Pace::kHeld;
  } else if (events.size() == 1 || events[1].at_s - events[0].at_s > kSecondAfter_s + kLate_s) {
    look.pace = Pace::kBehind;
  } else if (events[1].at_s - events[0].at_s < kTogether_s) {
    look.pace = Pace::kDelayed;
    look.delay_s = events[1].at_s - answer.head_s;
  } else {
    look.pace = Pace::kWell;
  }
  return look;
}

}  // namespace fairlead::doctor
