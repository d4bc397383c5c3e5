// The log to the sessions that are behind: from the tail if it reaches back far enough, else from the store,
// in bounded pages, until they stand at the shard's head and are live.
#include <algorithm>

#include "hub/shard.h"
#include "hub/turn.h"

namespace fairlead::hub {

void Shard::advance(Session& session) {
  if (session.state != Session::State::kCatchingUp || session.reading) return;
  // Not just to the head: while the memberships are ahead of the tail they would be wrong for what comes
  // before them, so that must come from the store.
  const auto live_from = std::max(tail_.head(), session.user->as_of);
  while (session.position < live_from) {
    // Half the outbox, so that pages are worth their reads and the socket always has something to do.
    if (session.outbox.bytes() >= settings_.outbox_bytes_max / 2 ||
        session.outbox.size() >= limits::kOutboxFramesMax / 2) {
      return;  // flush() or writable() goes on
    }
    if (tail_.head() < live_from || !tail_.reaches_back_to(session.position)) {
      read_page(session);
      return;
    }
    auto& entry = tail_.after(session.position);
    if (sees(session, *entry.event)) push(session, entry);
    session.position = entry.event->position;
  }
  session.state = Session::State::kLive;
}

void Shard::read_page(Session& session) {
  session.reading = true;
  const auto user = session.user->profile.id;
  const store::PageLimits page_limits{limits::kPageEventsMax / 2, settings_.outbox_bytes_max / 2};
  readers_.submit<store::Page>(
      [user, after = session.position, page_limits](store::View& view) -> Result<store::Page> {
        if (after < view.floor()) {  // pruned while it was catching up: a gap that nobody would notice
          return fail(ErrorCode::kConflict, "older than retention");
        }
        return view.page(user, after, page_limits);
      },
      [this, key = session.key, after = session.position](Result<store::Page> page) {
        post([this, key, after, page = std::move(page)]() mutable {
          Turn turn(*this);
          if (auto* found = find(key)) page_read(*found, after, std::move(page));
        });
      });
}

void Shard::page_read(Session& session, LogPosition after, Result<store::Page> page) {
  session.reading = false;
  if (session.state != Session::State::kCatchingUp) return;  // parked meanwhile
  if (session.position < after) {  // parked, and back from an older cursor: this page is not the next
    touch(session);
    advance(session);
    return;
  }
  if (!page) {
    end(&session, EndReason::kInternal);
    return;
  }
  for (auto& event : page->events) {
    if (event->position <= session.position || (event->room && !wants(session, event->room))) {
      continue;
    }
    log::Tail::Entry entry{std::move(event), nullptr, nullptr};
    push(session, entry);
  }
  session.position = std::max(session.position, page->position);
  touch(session);
  advance(session);
}

bool Shard::sees(const Session& session, const store::Event& event) const {
  if (event.room && !wants(session, event.room)) return false;
  if (event.only_for) return event.only_for == session.user->profile.id;
  const auto it = session.user->memberships.find(event.room);
  return it != session.user->memberships.end() && it->second.sees(event.position);
}

bool Shard::wants(const Session& session, RoomId room) const {
  return !session.only ||
         std::find(session.only->begin(), session.only->end(), room) != session.only->end();
}

}  // namespace fairlead::hub
