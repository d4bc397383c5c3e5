#include "chat/service.h"

#include <memory>
#include <utility>

#include "chat/events.h"
#include "chat/moderation.h"
#include "chat/permissions.h"
#include "chat/reactions.h"
#include "chat/snapshot.h"
#include "core/limits.h"
#include "core/log_line.h"

namespace fairlead::chat {

Service::Service(Parts parts, Settings settings)
    : parts_(std::move(parts)),
      settings_(settings),
      sends_(settings.sends),
      typings_(Rate{1, limits::kTypingInterval, 1}),
      searches_(settings.searches) {
  parts_.presence.on_change(
      [this](presence::Changes changes) { push_presence(std::move(changes)); });
}

// The time is taken on the writer's thread: it grows with the log.
template <typename T>
void Service::write(std::function<Result<T>(store::Transaction&, std::int64_t)> work,
                    Done<T> done) {
  parts_.writer.submit<T>([this, work = std::move(work)](
                              store::Transaction& tx) { return work(tx, parts_.clock.wall_ms()); },
                          std::move(done));
}

template <typename T>
void Service::read(std::function<Result<T>(store::View&)> work, Done<T> done) {
  parts_.readers.submit<T>(std::move(work), std::move(done));
}

// --- accounts

void Service::find_login(std::string name, Done<Login> done) {
  read<Login>([name = std::move(name)](
                  store::View& view) -> Result<Login> { return chat::find_login(view, name); },
              std::move(done));
}

void Service::register_user(std::string name, std::string display_name, std::string password_hash,
                            Done<User> done) {
  write<User>(
      [name = std::move(name), display_name = std::move(display_name),
       hash = std::move(password_hash)](store::Transaction& tx, std::int64_t now_ms) {
        return chat::register_user(tx, name, display_name, hash, now_ms);
      },
      std::move(done));
}

// Looked up before it is written: at nearly every first sight on a node they have been here before.
void Service::external_user(ExternalUser external, Done<UserId> done) {
  const auto shared = std::make_shared<const ExternalUser>(std::move(external));
  auto found = [this, shared, done = std::move(done)](Result<std::optional<UserId>> known) {
    if (!known) return done(fail(known.error()));
    if (*known) return done(**known);
    write<UserId>(
        [shared](store::Transaction& tx, std::int64_t now_ms) {
          return chat::external_user(tx, *shared, now_ms);
        },
        done);
  };
  read<std::optional<UserId>>(
      [shared](store::View& view) -> Result<std::optional<UserId>> {
        return view.external_account(shared->issuer, shared->subject);
      },
      std::move(found));
}

void Service::user(UserId id, Done<User> done) {
  read<User>([id](store::View& view) { return read_user(view, id); }, std::move(done));
}

void Service::find_users(std::string prefix, std::size_t limit, Done<std::vector<User>> done) {
  read<std::vector<User>>(
      [prefix = std::move(prefix), limit](store::View& view) -> Result<std::vector<User>> {
        return view.find_users(prefix, limit);
      },
      std::move(done));
}

void Service::set_display_name(UserId caller, std::string display_name, Done<User> done) {
  write<User>(
      [caller, display_name = std::move(display_name)](store::Transaction& tx, std::int64_t) {
        return chat::set_display_name(tx, caller, display_name);
      },
      std::move(done));
}

void Service::revoke_token(std::string token_id, std::int64_t expires_at_ms, Done<void> done) {
  write<void>(
      [token_id = std::move(token_id), expires_at_ms](store::Transaction& tx,
                                                      std::int64_t now_ms) -> Result<void> {
        tx.revoke_token(token_id, expires_at_ms);
        tx.append(log::draft_of(log::TokenEnded{token_id}, now_ms));
        return {};
      },
      std::move(done));
}

void Service::tell_nodes(log::Control control, Done<void> done) {
  write<void>(
      [control = std::move(control)](store::Transaction& tx, std::int64_t now_ms) -> Result<void> {
        tx.append(log::draft_of(control, now_ms));
        return {};
      },
      std::move(done));
}

void Service::redeem_ticket(std::string ticket_id, std::int64_t expires_at_ms, Done<bool> done) {
  write<bool>(
      [ticket_id = std::move(ticket_id), expires_at_ms](store::Transaction& tx, std::int64_t now_ms)
          -> Result<bool> { return tx.redeem_ticket(ticket_id, expires_at_ms, now_ms); },
      std::move(done));
}

// --- rooms

void Service::rooms(UserId caller, Done<std::vector<SeenRoom>> done) {
  read<std::vector<SeenRoom>>(
      [caller](store::View& view) -> Result<std::vector<SeenRoom>> {
        return list_rooms(view, caller);
      },
      std::move(done));
}

void Service::room(UserId caller, RoomId room, Done<SeenRoom> done) {
  read<SeenRoom>([caller, room](store::View& view) { return sight(view, room, caller); },
                 std::move(done));
}

void Service::create_room(UserId caller, NewRoom room, Done<SeenRoom> done) {
  write<SeenRoom>(
      [caller, room = std::move(room)](store::Transaction& tx, std::int64_t now_ms) {
        return chat::create_room(tx, caller, room, now_ms);
      },
      std::move(done));
}

void Service::update_room(UserId caller, RoomId room, RoomChanges changes, Done<SeenRoom> done) {
  write<SeenRoom>(
      [caller, room, changes = std::move(changes)](store::Transaction& tx, std::int64_t now_ms) {
        return chat::update_room(tx, caller, room, changes, now_ms);
      },
      std::move(done));
}

void Service::delete_room(UserId caller, RoomId room, Done<void> done) {
  write<void>(
      [caller, room](store::Transaction& tx, std::int64_t now_ms) {
        return chat::delete_room(tx, caller, room, now_ms);
      },
      std::move(done));
}

void Service::join(UserId caller, RoomId room, Done<SeenRoom> done) {
  write<SeenRoom>(
      [caller, room](store::Transaction& tx, std::int64_t now_ms) {
        return join_room(tx, caller, room, now_ms);
      },
      std::move(done));
}

void Service::leave(UserId caller, RoomId room, Done<void> done) {
  write<void>([caller, room](store::Transaction& tx,
                             std::int64_t now_ms) { return leave_room(tx, caller, room, now_ms); },
              std::move(done));
}

void Service::direct(UserId caller, UserId other, Done<DirectRoom> done) {
  write<DirectRoom>(
      [caller, other](store::Transaction& tx, std::int64_t now_ms) {
        return direct_room(tx, caller, other, now_ms);
      },
      std::move(done));
}

void Service::members(UserId caller, RoomId room, std::size_t limit,
                      Done<std::vector<Member>> done) {
  read<std::vector<Member>>(
      [caller, room, limit](store::View& view) { return list_members(view, caller, room, limit); },
      std::move(done));
}

void Service::set_role(UserId caller, RoomId room, UserId member, Role role,
                       Done<RoleChange> done) {
  write<RoleChange>(
      [caller, room, member, role](store::Transaction& tx, std::int64_t now_ms) {
        return chat::set_role(tx, caller, room, member, role, now_ms);
      },
      std::move(done));
}

void Service::remove_member(UserId caller, RoomId room, UserId member, Done<void> done) {
  write<void>(
      [caller, room, member](store::Transaction& tx, std::int64_t now_ms) {
        return chat::remove_member(tx, caller, room, member, now_ms);
      },
      std::move(done));
}

void Service::mute(UserId caller, RoomId room, UserId member, std::int64_t seconds,
                   Done<Member> done) {
  write<Member>(
      [caller, room, member, seconds](store::Transaction& tx, std::int64_t now_ms) {
        return chat::mute(tx, caller, room, member, seconds, now_ms);
      },
      std::move(done));
}

void Service::unmute(UserId caller, RoomId room, UserId member, Done<void> done) {
  write<void>(
      [caller, room, member](store::Transaction& tx, std::int64_t now_ms) {
        return chat::unmute(tx, caller, room, member, now_ms);
      },
      std::move(done));
}

// --- messages

// The rate limit is charged here, before the writer's queue, so that a flood does not fill it. Only
// what has a nonce goes on in spite of it, for it may be a replay, which costs nothing and is never
// refused.
void Service::send(SendRequest request, Done<SendOutcome> done) {
  const SendKey key{request.author, request.room};
  const auto charge = sends_.charge(key, parts_.clock.mono());
  std::optional<Error> refusal;
  if (!charge.allowed) {
    refusal = rate_limited(charge.quota, "too many messages in this room; wait a little");
    if (request.nonce.empty()) return done(fail(std::move(*refusal)));
  }
  write<SendOutcome>(
      [request = std::move(request), refusal = std::move(refusal)](store::Transaction& tx,
                                                                   std::int64_t now_ms) {
        return send_message(tx, request, now_ms, refusal);
      },
      [this, key, charge, done = std::move(done)](Result<SendOutcome> outcome) {
        if (outcome) {
          outcome->quota = outcome->replayed && charge.allowed
                               ? sends_.refund(key, parts_.clock.mono())
                               : charge.quota;
        }
        done(std::move(outcome));
      });
}

void Service::message(UserId caller, RoomId room, MessageId message, Done<Message> done) {
  read<Message>([caller, room,
                 message](store::View& view) { return read_message(view, caller, room, message); },
                std::move(done));
}

void Service::history(UserId caller, RoomId room, store::HistoryQuery query,
                      Done<store::History> done) {
  read<store::History>(
      [caller, room, query](store::View& view) { return read_history(view, caller, room, query); },
      std::move(done));
}

void Service::edit(UserId caller, RoomId room, MessageId message, std::string text,
                   Done<Message> done) {
  write<Message>(
      [caller, room, message, text = std::move(text)](store::Transaction& tx, std::int64_t now_ms) {
        return edit_message(tx, caller, room, message, text, now_ms);
      },
      std::move(done));
}

void Service::delete_message(UserId caller, RoomId room, MessageId message, Done<Deletion> done) {
  write<Deletion>(
      [caller, room, message](store::Transaction& tx, std::int64_t now_ms) {
        return chat::delete_message(tx, caller, room, message, now_ms);
      },
      std::move(done));
}

void Service::react(UserId caller, RoomId room, MessageId message, std::string emoji,
                    Done<void> done) {
  write<void>(
      [caller, room, message, emoji = std::move(emoji)](store::Transaction& tx,
                                                        std::int64_t now_ms) {
        return add_reaction(tx, caller, room, message, emoji, now_ms);
      },
      std::move(done));
}

void Service::unreact(UserId caller, RoomId room, MessageId message, std::string emoji,
                      Done<void> done) {
  write<void>(
      [caller, room, message, emoji = std::move(emoji)](store::Transaction& tx,
                                                        std::int64_t now_ms) {
        return remove_reaction(tx, caller, room, message, emoji, now_ms);
      },
      std::move(done));
}

void Service::inbox(UserId caller, MessageId before, std::size_t limit, Done<store::History> done) {
  read<store::History>(
      [caller, before, limit](store::View& view) -> Result<store::History> {
        return view.inbox(caller, before, limit);
      },
      std::move(done));
}

void Service::search(UserId caller, Search search, Done<search::Findings> done) {
  if (parts_.searcher == nullptr) return done(fail(ErrorCode::kNotImplemented, "no search here"));
  const auto charge = searches_.charge(caller, parts_.clock.mono());
  if (!charge.allowed) return done(fail(rate_limited(charge.quota, "too many searches")));
  const auto rooms = [caller, room = search.room](store::View& view) {
    return readable_rooms(view, caller, room);
  };
  parts_.searcher->ask({caller, std::move(search.terms), rooms, search.limit}, std::move(done));
}

void Service::mark_read(UserId caller, RoomId room, MessageId message, Done<void> done) {
  write<void>(
      [caller, room, message](store::Transaction& tx, std::int64_t now_ms) {
        return chat::mark_read(tx, caller, room, message, now_ms);
      },
      std::move(done));
}

}  // namespace fairlead::chat
