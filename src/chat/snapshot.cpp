#include "chat/snapshot.h"

#include <utility>

#include "protocol/cursor.h"
#include "protocol/ids.h"

namespace fairlead::chat {
namespace {

using protocol::Json;

Json time_or_null(std::int64_t ms) {
  return ms == 0 ? Json(nullptr) : Json(protocol::rfc3339(ms));
}

Json to_json(const store::RoomSummary& summary) {
  Json json = protocol::to_json(summary.seen);
  json["last_message"] = summary.last_message
                             ? Json::parse(protocol::message_json(*summary.last_message))
                             : Json(nullptr);
  json["unread_count"] = summary.unread_count;
  json["mention_count"] = summary.mention_count;
  json["last_read_message_id"] = summary.last_read_message_id
                                     ? Json(protocol::to_wire(summary.last_read_message_id))
                                     : Json(nullptr);
  return json;
}

}  // namespace

Result<Snapshot> take_snapshot(store::View& view, std::string_view epoch, UserId id,
                               const SyncPage& page) {
  const auto user = view.user(id);
  if (!user) return fail(ErrorCode::kUnauthorized, "the account is gone");
  Snapshot snapshot;
  snapshot.json = {{"cursor", protocol::encode_cursor(epoch, view.head())},
                   {"user", protocol::to_json(*user)},
                   {"rooms", Json::array()}};
  auto& rooms = snapshot.json["rooms"];
  auto summaries = view.rooms_of(id, page.after, page.rooms_max + 1);
  const bool has_more = summaries.size() > page.rooms_max;
  if (has_more) summaries.pop_back();
  for (const auto& summary : summaries) rooms.push_back(to_json(summary));
  snapshot.json["has_more"] = has_more;
  if (page.after) return snapshot;
  snapshot.people = view.acquaintances(id, kSyncPresenceMax);
  snapshot.people.push_back(id);
  return snapshot;
}

Json to_json(const presence::State& state) {
  return {{"status", presence::to_wire(state.status)},
          {"last_seen_at", time_or_null(state.last_seen_at_ms)},
          {"transports", state.transports}};
}

Json to_json(const std::map<UserId, presence::State>& states) {
  Json json = Json::object();
  for (const auto& [user, state] : states) json[protocol::to_wire(user)] = to_json(state);
  return json;
}

}  // namespace fairlead::chat
