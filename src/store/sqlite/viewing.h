#pragma once

#include "store/sqlite/reads.h"

namespace fairlead::store::sqlite {

// Gives an interface (View or Transaction) its reading half, made of Reads. Lives as long as its
// connection.
template <typename Interface>
class Viewing : public Interface {
 public:
  Viewing(Connection& connection, const std::string& epoch) : reads_(connection, epoch) {}

  LogPosition head() override { return reads_.head(); }
  LogPosition floor() override { return reads_.floor(); }
  std::vector<EventPtr> events(LogPosition after, LogPosition to, std::size_t max) override {
    return reads_.events(after, to, max);
  }
  Page page(UserId user, LogPosition after, PageLimits limits) override {
    return reads_.page(user, after, limits);
  }
  std::vector<Membership> memberships(UserId user) override { return reads_.memberships(user); }

  std::optional<User> user(UserId id) override { return reads_.user(id); }
  std::optional<User> user_by_name(std::string_view name) override {
    return reads_.user_by_name(name);
  }
  std::optional<std::string> password_hash(UserId id) override { return reads_.password_hash(id); }
  std::optional<UserId> external_account(std::string_view issuer,
                                         std::string_view subject) override {
    return reads_.external_account(issuer, subject);
  }
  std::vector<User> find_users(std::string_view prefix, std::size_t limit) override {
    return reads_.find_users(prefix, limit);
  }
  bool token_revoked(std::string_view token_id) override { return reads_.token_revoked(token_id); }
  std::vector<std::string> revoked_tokens() override { return reads_.revoked_tokens(); }
  std::string setting(std::string_view key) override { return reads_.setting(key); }

  std::optional<Room> room(RoomId id) override { return reads_.room(id); }
  std::optional<SeenRoom> seen_room(RoomId id, UserId by) override {
    return reads_.seen_room(id, by);
  }
  std::optional<Role> role(RoomId room, UserId user) override { return reads_.role(room, user); }
  std::int64_t muted_until_ms(RoomId room, UserId user) override {
    return reads_.muted_until_ms(room, user);
  }
  std::vector<RoomSummary> rooms_of(UserId user) override { return reads_.rooms_of(user); }
  std::vector<RoomSummary> rooms_of(UserId user, RoomId after, std::size_t limit) override {
    return reads_.rooms_of(user, after, limit);
  }
  std::vector<Room> public_rooms(std::size_t limit) override { return reads_.public_rooms(limit); }
  std::vector<Member> members(RoomId room, std::size_t limit) override {
    return reads_.members(room, limit);
  }
  std::optional<Member> member(RoomId room, UserId user) override {
    return reads_.member(room, user);
  }
  std::optional<Member> heir(RoomId room, UserId user) override { return reads_.heir(room, user); }
  std::vector<UserId> member_ids(RoomId room, std::size_t limit) override {
    return reads_.member_ids(room, limit);
  }
  std::optional<Room> direct_room(UserId a, UserId b) override { return reads_.direct_room(a, b); }
  std::vector<UserId> acquaintances(UserId user, std::size_t limit) override {
    return reads_.acquaintances(user, limit);
  }

  std::optional<Message> message(RoomId room, MessageId id, UserId viewer) override {
    return reads_.message(room, id, viewer);
  }
  std::optional<View::Pace> pace(RoomId room, UserId author) override {
    return reads_.pace(room, author);
  }
  History history(RoomId room, const HistoryQuery& query, UserId viewer) override {
    return reads_.history(room, query, viewer);
  }
  History inbox(UserId user, MessageId before, std::size_t limit) override {
    return reads_.inbox(user, before, limit);
  }
  std::vector<Said> said(MessageId after, MessageId to, std::size_t limit) override {
    return reads_.said(after, to, limit);
  }
  std::optional<View::NonceUse> nonce_use(UserId author, std::string_view nonce) override {
    return reads_.nonce_use(author, nonce);
  }

 private:
  Reads reads_;
};

}  // namespace fairlead::store::sqlite
