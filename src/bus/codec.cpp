#include "bus/codec.h"

#include <cstdint>
#include <stdexcept>
#include <utility>

#include "protocol/cursor.h"
#include "protocol/json.h"

namespace fairlead::bus {
namespace {

using protocol::Json;

Json to_json(const Committed& committed) {
  auto events = Json::array();
  for (const auto& event : committed.events) {
    events.push_back(
        Json::array({event->room.value(), event->only_for.value(), static_cast<int>(event->kind),
                     event->subject.value(), event->time_ms, event->json}));
  }
  return {{"type", "committed"},
          {"from", committed.events.front()->position.value()},
          {"events", std::move(events)}};
}

Json to_json(const Ephemeral& event) {
  auto rooms = Json::array();
  for (const auto room : event.rooms) rooms.push_back(room.value());
  return {{"type", "ephemeral"},
          {"rooms", std::move(rooms)},
          {"except", event.except.value()},
          {"json", *event.json}};
}

Json to_json(const SessionMoved& moved) {
  return {{"type", "session_moved"}, {"session", moved.session}, {"at_us", moved.at_us}};
}

Json to_json(const SessionProof& proof) {
  return {{"type", "session_proof"},
          {"user", proof.user.value()},
          {"session", proof.session},
          {"word", proof.word}};
}

Json to_json(const NetworkLearnt& learnt) {
  return {{"type", "network_learnt"},
          {"network", learnt.network.to_wire()},
          {"findings", learnt.findings}};
}

// Of at least `least`; nlohmann's own conversions would take a fraction or a true for one.
std::int64_t integer(const Json& json, std::int64_t least = 0) {
  if (!json.is_number_integer()) throw std::out_of_range("a number is expected");
  const auto number = json.get<std::int64_t>();
  if (number < least) throw std::out_of_range("a number is too small");
  return number;
}

Committed committed(const Json& json, const std::string& epoch) {
  Committed all;
  auto position = integer(json.at("from"), 1);
  const auto& events = json.at("events");
  if (static_cast<std::uint64_t>(INT64_MAX - position) < events.size()) {
    throw std::out_of_range("a position is too large");
  }
  for (const auto& item : events) {
    auto event = std::make_shared<store::Event>();
    event->position = LogPosition(position++);
    event->room = RoomId(integer(item.at(0)));
    event->only_for = UserId(integer(item.at(1)));
    const auto kind = integer(item.at(2));
    if (kind > static_cast<int>(store::kLastEventKind)) throw std::out_of_range("unknown kind");
    event->kind = static_cast<store::EventKind>(kind);
    event->subject = UserId(integer(item.at(3)));
    event->time_ms = integer(item.at(4));
    event->json = item.at(5).get<std::string>();
    event->cursor = protocol::encode_cursor(epoch, event->position);
    all.events.push_back(std::move(event));
  }
  if (all.events.empty()) throw std::out_of_range("no events");
  return all;
}

Ephemeral ephemeral(const Json& json) {
  Ephemeral event;
  for (const auto& room : json.at("rooms")) event.rooms.push_back(RoomId(integer(room)));
  event.except = UserId(integer(json.at("except")));
  event.json = make_bytes(json.at("json").get<std::string>());
  return event;
}

SessionMoved session_moved(const Json& json) {
  return {json.at("session").get<std::string>(), integer(json.at("at_us"))};
}

SessionProof session_proof(const Json& json) {
  return {UserId(integer(json.at("user"), 1)), json.at("session").get<std::string>(),
          json.at("word").get<std::string>()};
}

NetworkLearnt network_learnt(const Json& json) {
  const auto network = Network::from_wire(json.at("network").get<std::string>());
  if (!network) throw std::out_of_range("no network");
  return {*network, json.at("findings").get<std::string>()};
}

}  // namespace

std::string encode(const Message& message) {
  return protocol::dump(std::visit([](const auto& each) { return to_json(each); }, message));
}

Result<Message> decode(std::string_view text, const std::string& epoch) {
  const auto json = protocol::parse_object(text);
  if (!json) return fail(json.error());
  try {
    const auto& type = json->at("type");
    if (type == "committed") return committed(*json, epoch);
    if (type == "ephemeral") return ephemeral(*json);
    if (type == "session_moved") return session_moved(*json);
    if (type == "session_proof") return session_proof(*json);
    if (type == "network_learnt") return network_learnt(*json);
  } catch (const std::exception& e) {
    return fail(ErrorCode::kBadRequest, e.what());
  }
  return fail(ErrorCode::kBadRequest, "a message of an unknown type");
}

}  // namespace fairlead::bus
