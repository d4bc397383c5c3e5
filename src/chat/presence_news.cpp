#include "chat/presence_news.h"

#include <utility>

#include "protocol/event.h"
#include "protocol/ids.h"
#include "protocol/json.h"

namespace fairlead::chat {
namespace {

using protocol::Json;

Json to_json(const presence::Standing& now) {
  return {
      {"status", presence::to_wire(now.status)},
      {"last_seen_at",
       now.last_seen_at_ms == 0 ? Json(nullptr) : Json(protocol::rfc3339(now.last_seen_at_ms))}};
}

}  // namespace

PresenceNewsAll presence_news(store::View& view, const presence::Changes& changes,
                              std::int64_t members_max) {
  PresenceNewsAll news;
  std::map<RoomId, bool> is_small;
  std::map<RoomId, std::vector<std::size_t>> changes_of;  // places in `changes`
  for (std::size_t i = 0; i < changes.size(); ++i) {
    for (const auto& membership : view.memberships(changes[i].user)) {
      if (!membership.since) continue;
      const auto [it, is_new] = is_small.try_emplace(membership.room);
      if (is_new) {
        const auto room = view.room(membership.room);
        it->second = room && room->members_count <= members_max;
        if (room && !it->second) news.large.emplace(membership.room, room->members_count);
      }
      if (it->second) changes_of[membership.room].push_back(i);
    }
  }
  std::map<std::vector<std::size_t>, std::vector<RoomId>> rooms_of;
  for (auto& [room, of] : changes_of) rooms_of[std::move(of)].push_back(room);
  for (auto& [of, rooms] : rooms_of) {
    auto& event = news.each.emplace_back(PresenceNews{{}, std::move(rooms)});
    for (const auto i : of) event.changes.push_back(changes[i]);
  }
  return news;
}

std::string presence_event_json(const presence::Changes& changes, std::int64_t now_ms) {
  auto data = Json::object();
  if (changes.size() == 1) {
    data["user_id"] = protocol::to_wire(changes[0].user);
    data.update(to_json(changes[0].now));
  }
  auto& all = data["users"] = Json::object();
  for (const auto& [user, now] : changes) all[protocol::to_wire(user)] = to_json(now);
  return protocol::event_json("presence", "", RoomId{}, now_ms, data);
}

std::string presence_counts_json(RoomId room, const presence::Headcount& members,
                                 std::int64_t now_ms) {
  const Json counts = {
      {"online", members.online}, {"away", members.away}, {"members", members.all}};
  return protocol::event_json("presence", "", room, now_ms, {{"counts", counts}});
}

}  // namespace fairlead::chat
