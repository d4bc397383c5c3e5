#include "fallback/poll/poll_answer.h"

namespace fairlead::poll {

std::string to_json(const PollAnswer& answer) {
  std::size_t size = 160 + answer.session.size() + answer.cursor.size();
  for (const auto& event : answer.events) size += event->size() + 1;
  std::string json;
  json.reserve(size);
  // Session ids and cursors hold nothing that JSON would have to escape.
  json += R"({"session":")";
  json += answer.session;
  json += R"(","cursor":")";
  json += answer.cursor;
  json += R"(","events":[)";
  for (std::size_t i = 0; i < answer.events.size(); ++i) {
    if (i > 0) json += ',';
    json += *answer.events[i];
  }
  json += R"(],"heartbeat_seconds":)";
  json += std::to_string(answer.heartbeat_s);
  json += R"(,"poll_again_ms":)";
  json += std::to_string(answer.poll_again_ms);
  if (answer.superseded) json += R"(,"superseded":true)";
  json += '}';
  return json;
}

}  // namespace fairlead::poll
