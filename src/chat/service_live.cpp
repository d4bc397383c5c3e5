// The parts of chat::Service that are not in the log: typing, presence, and the snapshot to start
// from.
#include <memory>
#include <utility>

#include "chat/accounts.h"
#include "chat/events.h"
#include "chat/moderation.h"
#include "chat/permissions.h"
#include "chat/presence_news.h"
#include "chat/service.h"
#include "chat/snapshot.h"
#include "core/limits.h"
#include "core/log_line.h"

namespace fairlead::chat {

// The limit is on events, not on calls: who types on is told that all is well.
void Service::typing(UserId caller, RoomId room, Done<void> done) {
  parts_.readers.submit<User>(
      [caller, room, now_ms = parts_.clock.wall_ms()](store::View& view) -> Result<User> {
        const auto allowed = voice(view, room, caller, Action::kSend, now_ms);
        if (!allowed) return fail(allowed.error());
        return read_user(view, caller);
      },
      [this, room, done = std::move(done)](Result<User> user) {
        if (!user) return done(fail(std::move(user.error())));
        if (typings_.charge({user->id, room}, parts_.clock.mono()).allowed) {
          auto json = typing_json(room, *user, parts_.clock.wall_ms());
          parts_.hub.announce(Ephemeral{{room}, user->id, make_bytes(std::move(json))});
        }
        done({});
      });
}

void Service::query_presence(Result<std::vector<UserId>> users, Done<PresenceStates> done) {
  if (!users) return done(fail(std::move(users.error())));
  parts_.presence.query(std::move(*users), [done = std::move(done)](PresenceStates states) {
    done(std::move(states));
  });
}

void Service::room_presence(UserId caller, RoomId room, Done<PresenceStates> done) {
  parts_.readers.submit<std::vector<UserId>>(
      [caller, room](store::View& view) -> Result<std::vector<UserId>> {
        const auto allowed = permission(view, room, caller, Action::kRead);
        if (!allowed) return fail(allowed.error());
        std::vector<UserId> users;
        for (const auto& member : view.members(room, kRoomPresenceMax)) {
          users.push_back(member.user.id);
        }
        return users;
      },
      [this, done = std::move(done)](Result<std::vector<UserId>> users) {
        query_presence(std::move(users), done);
      });
}

void Service::set_away(UserId caller, bool away, Done<void> done) {
  parts_.presence.set_away(caller, away);
  done({});
}

void Service::presence(std::vector<UserId> users, Done<PresenceStates> done) {
  parts_.readers.submit<std::vector<UserId>>(
      [users = std::move(users)](store::View& view) -> Result<std::vector<UserId>> {
        std::vector<UserId> known;
        for (const auto user : users) {
          if (view.user(user)) known.push_back(user);
        }
        return known;
      },
      [this, done = std::move(done)](Result<std::vector<UserId>> known) {
        query_presence(std::move(known), done);
      });
}

void Service::sync(UserId caller, const SyncPage& page, Done<std::string> done) {
  parts_.readers.submit<Snapshot>(
      [this, caller, page](store::View& view) {
        return take_snapshot(view, parts_.epoch, caller, page);
      },
      [this, done = std::move(done)](Result<Snapshot> snapshot) {
        if (!snapshot) return done(fail(std::move(snapshot.error())));
        auto json = std::make_shared<protocol::Json>(std::move(snapshot->json));
        query_presence(std::move(snapshot->people), [json, done](Result<PresenceStates> states) {
          if (!states) return done(fail(std::move(states.error())));
          (*json)["presence"] = to_json(*states);
          done(protocol::dump(*json));
        });
      });
}

// An unknown status is never pushed: nobody learns from it, and it would come for everybody at
// once.
void Service::push_presence(presence::Changes changes) {
  push_counts();
  std::erase_if(changes,
                [](const auto& it) { return it.now.status == presence::Status::kUnknown; });
  if (changes.empty()) return;
  const auto members_max = settings_.presence_members_max;
  parts_.readers.submit<PresenceNewsAll>(
      [changes = std::move(changes), members_max](store::View& view) -> Result<PresenceNewsAll> {
        return presence_news(view, changes, members_max);
      },
      [this](Result<PresenceNewsAll> news) {
        if (!news) {
          if (news.error().code != ErrorCode::kShuttingDown) {
            log_warn("presence_not_pushed code={}", traits(news.error().code).code);
          }
          return;
        }
        // Each node's own map tells it of the changes.
        for (auto& [these, rooms] : news->each) {
          auto json = presence_event_json(these, parts_.clock.wall_ms());
          parts_.hub.deliver(Ephemeral{std::move(rooms), UserId{}, make_bytes(std::move(json))});
        }
        for (const auto& [room, members] : news->large) headcounts_.changed(room, members);
        push_counts();
      });
}

void Service::push_counts() {
  if (!parts_.presence.healthy()) return;  // those who wait go on waiting
  for (const auto room : headcounts_.due(parts_.clock.mono())) push_count(room);
}

void Service::push_count(RoomId room) {
  parts_.readers.submit<std::vector<UserId>>(
      [room](store::View& view) -> Result<std::vector<UserId>> {
        return view.member_ids(room, Headcounts::kAskedMax);
      },
      [this, room](Result<std::vector<UserId>> members) {
        if (!members) return;  // the next change asks again
        const auto all = static_cast<std::int64_t>(members->size());
        parts_.presence.count(
            std::move(*members), [this, room, all](std::optional<presence::Headcount> here) {
              if (!here) {  // in a while it is known, and perhaps nothing changes any more
                headcounts_.changed(room, all);
                return;
              }
              auto json = presence_counts_json(room, *here, parts_.clock.wall_ms());
              parts_.hub.deliver(Ephemeral{{room}, UserId{}, make_bytes(std::move(json))});
            });
      });
}

}  // namespace fairlead::chat
