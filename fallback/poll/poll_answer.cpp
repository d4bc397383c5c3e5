#include "fallback/poll/poll_answer.h"

#include "http/request_id.h"
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

std::string to_response(const PollAnswer& answer, http::AnswerContext context) {
  if (context.request_id.empty()) context.request_id = http::make_request_id();
  const auto body = to_json(answer);
  std::string response;
  response.reserve(256 + body.size());
  http::add_answer_head(response, 200, "application/json", body.size(), context);
  response += "Cache-Control: no-store\r\n\r\n";
  response += body;
  return response;
}

}  // namespace fairlead::poll
