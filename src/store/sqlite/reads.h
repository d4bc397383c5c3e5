#pragma once

#include <string>

#include "store/sqlite/connection.h"
#include "store/view.h"

namespace fairlead::store::sqlite {

// Everything that can be read, over one connection: what View promises (see there), without its
// virtual functions, so that a reader's view and the writer's transaction are made of the same code
// (viewing.h). Belongs to the thread that has the connection; inside a transaction of it, or the
// snapshot moves.
class Reads {
 public:
  Reads(Connection& connection, const std::string& epoch) : db_(connection), epoch_(epoch) {}

  // reads_log.cpp, page.cpp
  LogPosition head();
  LogPosition floor();
  std::vector<EventPtr> events(LogPosition after, LogPosition to, std::size_t max);
  Page page(UserId user, LogPosition after, PageLimits limits);
  std::vector<Membership> memberships(UserId user);

  // reads_accounts.cpp
  std::optional<User> user(UserId id);
  std::optional<User> user_by_name(std::string_view name);
  std::optional<std::string> password_hash(UserId id);
  std::optional<UserId> external_account(std::string_view issuer, std::string_view subject);
  std::vector<User> find_users(std::string_view prefix, std::size_t limit);
  bool token_revoked(std::string_view token_id);
  std::vector<std::string> revoked_tokens();
  std::string setting(std::string_view key);

  // reads_rooms.cpp
  std::optional<Room> room(RoomId id);
  std::optional<SeenRoom> seen_room(RoomId id, UserId by);
  std::optional<Role> role(RoomId room, UserId user);
  std::int64_t muted_until_ms(RoomId room, UserId user);
  std::vector<RoomSummary> rooms_of(UserId user);
  std::vector<RoomSummary> rooms_of(UserId user, RoomId after, std::size_t limit);
  std::vector<Room> public_rooms(std::size_t limit);
  std::vector<Member> members(RoomId room, std::size_t limit);
  std::optional<Member> member(RoomId room, UserId user);
  std::optional<Member> heir(RoomId room, UserId user);
  std::vector<UserId> member_ids(RoomId room, std::size_t limit);
  std::optional<Room> direct_room(UserId a, UserId b);
  std::vector<UserId> acquaintances(UserId user, std::size_t limit);

  // reads_messages.cpp
  std::optional<Message> message(RoomId room, MessageId id, UserId viewer);
  std::optional<View::Pace> pace(RoomId room, UserId author);
  History history(RoomId room, const HistoryQuery& query, UserId viewer);
  History inbox(UserId user, MessageId before, std::size_t limit);
  std::vector<Said> said(MessageId after, MessageId to, std::size_t limit);
  std::optional<View::NonceUse> nonce_use(UserId author, std::string_view nonce);

 private:
  std::vector<RoomSummary> summaries(Rows rows, UserId user);
  std::optional<Message> last_message(RoomId room, UserId viewer);
  std::vector<Message> older(RoomId room, MessageId before, std::size_t limit);  // newest first
  std::vector<Message> newer(RoomId room, MessageId after, std::size_t limit);   // oldest first
  void add_reactions(Message& message, UserId viewer);

  Connection& db_;
  const std::string& epoch_;
};

}  // namespace fairlead::store::sqlite
