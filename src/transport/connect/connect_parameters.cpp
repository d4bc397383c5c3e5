#include "transport/connect/connect_parameters.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "protocol/ids.h"
#include "protocol/json.h"

namespace fairlead::connect {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

// A POST's JSON in the shape of a query: scalars as text, an array of strings joined by commas.
Result<Values> values_of(const http::Request& request) {
  Values values;
  for (const auto& [name, value] : request.query) values.emplace(name, value);
  if (request.method != http::Method::kPost || request.body.empty()) return values;
  const auto json = protocol::parse_object(request.body);
  if (!json) return fail(json.error());
  for (const auto& [name, value] : json->items()) {
    if (value.is_string()) {
      values[name] = value.get<std::string>();
    } else if (value.is_boolean()) {
      values[name] = value.get<bool>() ? "1" : "0";
    } else if (value.is_number()) {
      values[name] = value.dump();
    } else if (value.is_array()) {
      std::string joined;
      for (const auto& item : value) {
        if (!item.is_string()) return fail(field_error(name, "an array of strings is expected"));
        if (!joined.empty()) joined += ',';
        joined += item.get<std::string>();
      }
      values[name] = joined;
    }
  }
  return values;
}

class Reader {
 public:
  explicit Reader(Values values) : values_(std::move(values)) {}

  std::optional<std::string> text(std::string_view name) {
    const auto it = values_.find(name);
    if (it == values_.end()) return std::nullopt;
    return it->second;
  }

  // Clamped into [min, max]; whole seconds, bytes or counts.
  std::int64_t number(std::string_view name, std::int64_t fallback, std::int64_t min,
                      std::int64_t max) {
    const auto value = text(name);
    if (!value) return fallback;
    double number = 0;
    const auto* end = value->data() + value->size();
    const auto [stop, problem] = std::from_chars(value->data(), end, number);
    if (problem != std::errc() || stop != end || !(number == number)) {
      refuse(name, "a number is expected");
      return fallback;
    }
    return static_cast<std::int64_t>(
        std::clamp(number, static_cast<double>(min), static_cast<double>(max)));
  }

  bool flag(std::string_view name, bool fallback) {
    const auto value = text(name);
    if (!value) return fallback;
    if (*value == "1" || *value == "true") return true;
    if (*value == "0" || *value == "false") return false;
    refuse(name, "0 or 1 is expected");
    return fallback;
  }

  void refuse(std::string_view name, std::string why) {
    fields_.emplace(std::string(name), std::move(why));
  }
  const std::map<std::string, std::string>& refused() const { return fields_; }

 private:
  Values values_;
  std::map<std::string, std::string> fields_;
};

std::vector<RoomId> rooms(Reader& reader) {
  std::vector<RoomId> ids;
  const auto list = reader.text("rooms");
  if (!list) return ids;
  std::string_view rest = *list;
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    const auto id = protocol::parse_room_id(rest.substr(0, comma));
    if (!id || ids.size() == limits::kRoomsPerUserMax) {
      reader.refuse("rooms", "room ids, separated by commas, at most 1000");
      return {};
    }
    ids.push_back(*id);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return ids;
}

// What is no transport is ignored: it is for the statistics.
std::optional<hub::TransportKind> transport_of(std::string_view wire) {
  for (const auto kind :
       {hub::TransportKind::kWebSocket, hub::TransportKind::kSse, hub::TransportKind::kPoll}) {
    if (hub::to_wire(kind) == wire) return kind;
  }
  return std::nullopt;
}

}  // namespace

Result<Parameters> parse_parameters(const http::Request& request, int heartbeat_default_s) {
  auto values = values_of(request);
  if (!values) return fail(values.error());
  Reader reader(std::move(*values));
  Parameters p;
  p.cursor = reader.text("cursor");
  if (const auto last = request.header("last-event-id"); last && !last->empty()) {
    p.cursor = std::string(*last);
  }
  if (p.cursor && p.cursor->empty()) p.cursor.reset();
  p.session = reader.text("session").value_or("");
  p.ticket = reader.text("ticket").value_or("");
  p.heartbeat_s = static_cast<int>(reader.number("heartbeat", heartbeat_default_s,
                                                 limits::kHeartbeatMin_s, limits::kHeartbeatMax_s));
  p.rooms = rooms(reader);
  const auto events = reader.text("events").value_or("all");
  if (events != "all" && events != "durable") reader.refuse("events", "all or durable is expected");
  p.ephemeral = events != "durable";
  p.probe = reader.flag("probe", true);
  p.fell_back_from = transport_of(reader.text("fell_back_from").value_or(""));
  p.reason = hub::cause_of(reader.text("reason").value_or(""));
  p.padding_bytes =
      static_cast<std::size_t>(reader.number("padding", 0, 0, limits::kPaddingBytesMax));
  p.flush = reader.flag("flush", false);
  p.once = reader.flag("once", false);
  p.max_life = std::chrono::seconds(reader.number("max_life", 0, 0, 86'400));
  p.timeout = std::chrono::seconds(
      reader.number("timeout", limits::kPollTimeoutDefault_s, 0, limits::kPollTimeoutMax_s));
  p.limit = static_cast<std::size_t>(
      reader.number("limit", limits::kPollEventsDefault, 1, limits::kPollEventsMax));
  if (!reader.refused().empty()) {
    auto refusal = error(ErrorCode::kInvalidFields, "some parameters cannot be understood");
    refusal.fields = reader.refused();
    return fail(std::move(refusal));
  }
  return p;
}

}  // namespace fairlead::connect
