#include "log/control.h"

#include <string_view>

#include "protocol/ids.h"
#include "protocol/json.h"

namespace fairlead::log {
namespace {

using protocol::Json;

constexpr std::string_view kTokenEnded = "control.token_ended";
constexpr std::string_view kUserDisconnected = "control.user_disconnected";
constexpr std::string_view kSessionDisconnected = "control.session_disconnected";

std::pair<std::string_view, Json> type_and_data(const TokenEnded& it) {
  return {kTokenEnded, {{"token_id", it.token_id}}};
}
std::pair<std::string_view, Json> type_and_data(const UserDisconnected& it) {
  return {kUserDisconnected, {{"user_id", protocol::to_wire(it.user)}}};
}
std::pair<std::string_view, Json> type_and_data(const SessionDisconnected& it) {
  return {kSessionDisconnected, {{"session", it.session}}};
}

}  // namespace

store::EventDraft draft_of(const Control& control, std::int64_t now_ms) {
  const auto [type, data] = std::visit([](const auto& it) { return type_and_data(it); }, control);
  store::EventDraft draft;
  draft.type = type;
  draft.kind = store::EventKind::kControl;
  draft.time_ms = now_ms;
  draft.data = protocol::dump(data);
  return draft;
}

std::optional<Control> control_of(const store::Event& event) {
  if (event.kind != store::EventKind::kControl) return std::nullopt;
  const auto json = protocol::parse_object(event.json);
  if (!json) return std::nullopt;
  try {
    const auto& type = json->at("type");
    const auto& data = json->at("data");
    if (type == kTokenEnded) return TokenEnded{data.at("token_id").get<std::string>()};
    if (type == kSessionDisconnected)
      return SessionDisconnected{data.at("session").get<std::string>()};
    if (type == kUserDisconnected) {
      const auto user = protocol::parse_user_id(data.at("user_id").get_ref<const std::string&>());
      if (user) return UserDisconnected{*user};
    }
  } catch (const Json::exception&) {  // a newer version's, or none that a node has written
  }
  return std::nullopt;
}

}  // namespace fairlead::log
