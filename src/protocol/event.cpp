#include "protocol/event.h"

#include "protocol/ids.h"

namespace fairlead::protocol {

std::string event_json(std::string_view type, std::string_view cursor, RoomId room,
                       std::int64_t time_ms, const Json& data) {
  Json event = {{"type", type}};
  if (!cursor.empty()) event["cursor"] = cursor;
  if (room) event["room_id"] = to_wire(room);
  event["time"] = rfc3339(time_ms);
  event["data"] = data;
  return dump(event);
}

std::string event_json_of_text(std::string_view type, std::string_view cursor, RoomId room,
                               std::int64_t time_ms, std::string_view data) {
  std::string json;
  json.reserve(type.size() + cursor.size() + data.size() + 112);
  json += R"({"type":)";
  json += dump(type);
  if (!cursor.empty()) {
    json += R"(,"cursor":")";
    json += cursor;  // needs no escapes
    json += '"';
  }
  if (room) {
    json += R"(,"room_id":")";
    json += to_wire(room);
    json += '"';
  }
  json += R"(,"time":")";
  json += rfc3339(time_ms);
  json += R"(","data":)";
  json += data;
  json += '}';
  return json;
}

}  // namespace fairlead::protocol
