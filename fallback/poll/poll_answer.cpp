#include "fallback/poll/poll_answer.h"

#include "protocol/framing.h"

namespace fairlead::poll {

std::string to_json(const PollAnswer& answer) {
  std::string json;
  json.reserve(160 + answer.session.size() + answer.cursor.size() + answer.lines.size());
  // Session ids and cursors hold nothing that JSON would have to escape.
  json += R"({"session":")";
  json += answer.session;
  json += R"(","cursor":")";
  json += answer.cursor;
  json += R"(","events":[)";
  protocol::add_poll_members(json, answer.lines);
  json += R"(],"heartbeat_seconds":)";
  json += std::to_string(answer.heartbeat_s);
  json += R"(,"poll_again_ms":)";
  json += std::to_string(answer.poll_again_ms);
  if (answer.superseded) json += R"(,"superseded":true)";
  json += '}';
  return json;
}

}  // namespace fairlead::poll
