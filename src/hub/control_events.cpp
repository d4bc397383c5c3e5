#include "hub/control_events.h"

#include "protocol/ids.h"
#include "protocol/json.h"

namespace fairlead::hub {

using protocol::Json;

std::string hello_json(const Session& session, Resume resume, std::string_view cursor,
                       std::string_view node, const Json& advice, std::int64_t now_ms) {
  Json hello = {{"type", "hello"},
                {"session", session.id.view()},
                {"cursor", cursor},
                {"transport", to_wire(session.kind)}};
  switch (resume) {
    case Resume::kFresh:
      hello["resume"] = "fresh";
      break;
    case Resume::kResumed:
      hello["resume"] = "resumed";
      break;
    case Resume::kResetUnknown:
      hello["resume"] = "reset";
      hello["reason"] = "unknown_cursor";
      break;
    case Resume::kResetTooOld:
      hello["resume"] = "reset";
      hello["reason"] = "older_than_retention";
      break;
  }
  hello["heartbeat_seconds"] = session.heartbeat_s;
  hello["probe"] = session.probe_word();
  hello["node"] = node;
  hello["user"] = protocol::to_json(session.user->profile);
  hello["network"] = {{"key", session.network.to_wire()}, {"advice", advice}};
  hello["server_time"] = protocol::rfc3339(now_ms);
  return protocol::dump(hello);
}

std::string probe_json(std::string_view word) {
  return protocol::dump(Json{{"type", "probe"}, {"probe", word}});
}

std::string heartbeat_json(std::string_view head, std::int64_t now_ms) {
  return protocol::dump(
      Json{{"type", "heartbeat"}, {"head", head}, {"time", protocol::rfc3339(now_ms)}});
}

std::string bye_json(const Ending& ending) {
  const auto& about = traits(ending.reason);
  return protocol::dump(Json{{"type", "bye"},
                             {"code", about.code},
                             {"reason", about.reason},
                             {"reconnect_in_ms", ending.reconnect_in_ms},
                             {"resume", about.resume}});
}

}  // namespace fairlead::hub
