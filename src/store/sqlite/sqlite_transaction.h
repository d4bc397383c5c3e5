#pragma once

#include "store/sqlite/viewing.h"
#include "store/transaction.h"

namespace fairlead::store::sqlite {

// The writer's transaction over its connection, from BEGIN to COMMIT (which SqliteStore::write
// does). On the thread that called write(), for the time of that call.
class SqliteTransaction final : public Viewing<Transaction> {
 public:
  SqliteTransaction(Connection& connection, const std::string& epoch);

  // --- the log: transaction_log.cpp
  LogPosition head() override { return head_; }
  LogPosition next_position() override { return LogPosition(head_.value() + 1); }
  EventPtr append(const EventDraft& draft) override;
  const std::vector<EventPtr>& appended() const override { return appended_; }
  std::size_t prune(std::int64_t before_ms, std::size_t max) override;
  void begin_command() override;
  void keep_command() override;
  void undo_command() override;

  // --- accounts and rooms: transaction_rooms.cpp
  void insert_user(const User& user, std::string_view password_hash) override;
  void update_user(const User& user) override;
  void insert_external_account(std::string_view issuer, std::string_view subject,
                               UserId user) override;
  void revoke_token(std::string_view token_id, std::int64_t expires_at_ms) override;
  bool redeem_ticket(std::string_view ticket_id, std::int64_t expires_at_ms,
                     std::int64_t now_ms) override;
  void put_setting(std::string_view key, std::string_view value) override;
  void insert_room(const Room& room) override;
  void update_room(const Room& room) override;
  void delete_room(RoomId room) override;
  void insert_member(RoomId room, UserId user, Role role, LogPosition since,
                     std::int64_t joined_at_ms) override;
  void update_member(RoomId room, UserId user, Role role) override;
  void remove_member(RoomId room, UserId user, LogPosition until) override;
  void set_mute(RoomId room, UserId user, std::int64_t until_ms, std::int64_t now_ms) override;
  void lift_mute(RoomId room, UserId user) override;
  void set_direct_room(UserId a, UserId b, RoomId room) override;

  // --- messages: transaction_messages.cpp
  void insert_message(Message& message, std::string_view fingerprint) override;
  void update_message(const Message& message) override;
  bool add_reaction(MessageId message, UserId user, std::string_view emoji) override;
  bool remove_reaction(MessageId message, UserId user, std::string_view emoji) override;
  bool set_read(RoomId room, UserId user, MessageId message, std::int64_t seq) override;

 private:
  // Before anything is changed: opens the command's savepoint if that has not been done (a command
  // that is refused before it changes anything costs none), and checks that SQLite has not rolled
  // back by itself.
  void about_to_write();
  template <typename... A>
  std::int64_t write(const char* sql, const A&... args) {
    about_to_write();
    return db_.run(sql, args...);
  }
  // The same for one with RETURNING: the value, or 0 if no row was changed.
  template <typename... A>
  std::int64_t write_returning(const char* sql, const A&... args) {
    about_to_write();
    return db_.number(sql, 0, args...);
  }
  void insert_mentions(const Message& message);
  // Of rooms that were deleted: at most `max` messages, with what hangs on them. Returns how many.
  std::size_t purge_doomed(std::size_t max);

  Connection& db_;
  const std::string& epoch_;
  LogPosition head_;
  std::vector<EventPtr> appended_;
  bool in_command_ = false;
  bool savepoint_ = false;    // of the present command
  LogPosition command_head_;  // when the command began
  std::size_t command_appended_ = 0;
};

}  // namespace fairlead::store::sqlite
