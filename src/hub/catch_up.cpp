// The log to the sessions that are behind: from the tail if it reaches back far enough, else from
// the store, in bounded pages, until they stand at the shard's head and are live.
#include <algorithm>

#include "hub/frames.h"
#include "hub/shard.h"
#include "hub/turn.h"

namespace fairlead::hub {

namespace {

// Events of the tail that one session is led past at a time, most of them perhaps not for it.
constexpr int kLookedAtMax = 2048;
// A room with fewer sessions than these has nothing that many could have missed.
constexpr std::size_t kCrowd = 64;

}  // namespace

void Shard::advance(Session& session) {
  if (session.state != Session::State::kCatchingUp || session.reading) return;
  // Not just to the head: while the memberships are ahead of the tail they would be wrong for what
  // comes before them, so that must come from the store.
  const auto live_from = std::max(tail_.head(), session.user->as_of);
  // Half the outbox, so that pages are worth their reads and the socket always has something to do.
  const auto bytes_max = settings_.outbox_bytes_max / 2;
  std::size_t frames = 0;
  scratch_.clear();
  auto look_for_shared_at = session.position;
  for (int looked_at = 0; session.position < live_from; ++looked_at) {
    if (session.outbox.bytes() + scratch_.size() >= bytes_max || session.is_full(frames)) {
      break;  // flush() or writable() goes on
    }
    if (looked_at == kLookedAtMax) {
      touch(session, Rank::kBehind);
      break;
    }
    if (tail_.head() < live_from || !tail_.reaches_back_to(session.position)) {
      read_page(session);
      break;
    }
    const auto& event = tail_.after(session.position);
    if (sees(session, event)) {
      if (session.position >= look_for_shared_at && is_shared(event, session.kind)) {
        const auto piece = replay_.after(session.position, event.room, session.form, now_);
        look_for_shared_at = piece.last;
        if (is_good_for(session, piece)) {
          if (frames == 0) give_shared(session, piece);
          break;  // flush() goes on
        }
      }
      add_frame(scratch_, event, session.form);
      session.sent = event.position;
      ++frames;
    }
    session.position = event.position;
  }
  if (frames > 0) give_own(session, frames);
  if (session.position < live_from) return;
  session.state = Session::State::kLive;
  // A poll asks this with each write: a short one is answered now, a held one waits for news.
  if (session.kind == TransportKind::kPoll) touch(session, Rank::kBehind);
}

// What is in scratch_.
void Shard::give_own(Session& session, std::size_t frames) {
  session.outbox.add(scratch_, frames);
  session.last_queued = now_;
  session.news = true;
  delivered_ += frames;
  touch(session, Rank::kBehind);
}

// Alone in the outbox, where it costs nothing: first goes what is there.
void Shard::give_shared(Session& session, const Replay::Piece& piece) {
  if (session.outbox.empty()) {
    session.outbox.add(piece.part, piece.frames);
    session.position = piece.last;
    session.sent = piece.last_in_room;
    session.last_queued = now_;
    session.news = true;
    delivered_ += piece.frames;
  }
  touch(session, Rank::kBehind);
}

void Shard::read_page(Session& session) {
  session.reading = true;
  const auto user = session.user->profile.id;
  const store::PageLimits page_limits{limits::kPageEventsMax / 2, settings_.outbox_bytes_max / 2};
  readers_.submit<store::Page>(
      [user, after = session.position, page_limits](store::View& view) -> Result<store::Page> {
        if (after <
            view.floor()) {  // pruned while it was catching up: a gap that nobody would notice
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
  if (session.position <
      after) {  // parked, and back from an older cursor: this page is not the next
    touch(session, Rank::kBehind);
    advance(session);
    return;
  }
  if (!page) {
    end(&session, EndReason::kInternal);
    return;
  }
  std::size_t frames = 0;
  scratch_.clear();
  auto end = std::max(session.position, page->position);
  auto given = session.position;
  for (const auto& event : page->events) {
    if (event->position <= session.position || (event->room && !wants(session, event->room))) {
      continue;
    }
    if (session.is_full(frames)) {
      end = given;  // the rest is for the next answer
      break;
    }
    add_frame(scratch_, *event, session.form);
    session.sent = given = event->position;
    ++frames;
  }
  session.position = end;
  if (frames > 0) give_own(session, frames);
  touch(session, Rank::kBehind);
  advance(session);
}

bool Shard::sees(const Session& session, const store::Event& event) const {
  if (event.room && !wants(session, event.room)) return false;
  if (event.only_for) return event.only_for == session.user->profile.id;
  const auto* membership = session.user->memberships.find(event.room);
  return membership != nullptr && membership->sees(event.position);
}

// A poll's answer holds so many events, not so many pieces.
bool Shard::is_shared(const store::Event& event, TransportKind kind) const {
  if (kind == TransportKind::kPoll || !is_for_the_room(event)) return false;
  const auto room = rooms_.find(event.room);
  return room != rooms_.end() && room->second.size() >= kCrowd;
}

// Who sees its first event sees all of them: where a membership ends or begins a piece does, too.
bool Shard::is_good_for(const Session& session, const Replay::Piece& piece) const {
  return piece.frames > 0 &&
         std::ranges::find(piece.other_users, session.user->profile.id) ==
             piece.other_users.end() &&
         std::ranges::none_of(piece.other_rooms, [&](RoomId room) {
           return session.user->memberships.find(room) != nullptr && wants(session, room);
         });
}

bool Shard::wants(const Session& session, RoomId room) const {
  return !session.only ||
         std::find(session.only->begin(), session.only->end(), room) != session.only->end();
}

}  // namespace fairlead::hub
