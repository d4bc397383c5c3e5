#pragma once

#include <string>
#include <string_view>

#include "store/view.h"

namespace fairlead::store {

// The one write transaction of the moment; only the log's writer has it. What it reads includes what it
// wrote. Nothing is visible to anybody else before the commit. Each method may throw StoreFailure.
class Transaction : public View {
 public:
  // --- the log
  // The position that the next append() gets. A message takes its id from it.
  virtual LogPosition next_position() = 0;
  // Appends; the event's JSON (with its cursor) is made here, once, for all transports.
  virtual EventPtr append(const EventDraft& draft) = 0;
  // What append() has made in this transaction and was not undone, in log order.
  virtual const std::vector<EventPtr>& appended() const = 0;
  // Removes at most `max` of the oldest events with time_ms < before_ms and raises the floor.
  // Also a bounded part of what nothing leads to any more (the messages of deleted rooms, old revocations).
  // Returns how much went; `max`: there may be more. With before_ms 0 the log is left as it is.
  virtual std::size_t prune(std::int64_t before_ms, std::size_t max) = 0;

  // --- accounts
  virtual void insert_user(const User& user, std::string_view password_hash) = 0;
  virtual void update_user(const User& user) = 0;  // display_name
  virtual void insert_external_account(std::string_view issuer, std::string_view subject,
                                       UserId user) = 0;
  virtual void revoke_token(std::string_view token_id, std::int64_t expires_at_ms) = 0;
  // False if it was there already (a ticket is single use). Forgets what has expired.
  virtual bool redeem_ticket(std::string_view ticket_id, std::int64_t expires_at_ms,
                             std::int64_t now_ms) = 0;
  virtual void put_setting(std::string_view key, std::string_view value) = 0;

  // --- rooms
  virtual void insert_room(const Room& room) = 0;
  virtual void update_room(const Room& room) = 0;  // name, topic, visibility, slow_mode_s
  virtual void delete_room(RoomId room) = 0;       // its memberships end at next_position(), messages go
  // `since` is the position of the member.joined (or of the room.created of one's own room).
  virtual void insert_member(RoomId room, UserId user, Role role, LogPosition since,
                             std::int64_t joined_at_ms) = 0;
  virtual void update_member(RoomId room, UserId user, Role role) = 0;
  virtual void remove_member(RoomId room, UserId user, LogPosition until) = 0;
  // A mute is the user's, whether they leave and come back or not. Forgets some of those that ended before `now_ms`.
  virtual void set_mute(RoomId room, UserId user, std::int64_t until_ms, std::int64_t now_ms) = 0;
  virtual void lift_mute(RoomId room, UserId user) = 0;
  virtual void set_direct_room(UserId a, UserId b, RoomId room) = 0;

  // --- messages
  // Takes the room's next seq (message.seq is set), keeps the nonce with the request's fingerprint.
  virtual void insert_message(Message& message, std::string_view fingerprint) = 0;
  virtual void update_message(const Message& message) = 0;  // text, mentions, edited_at, deleted_at
  virtual bool add_reaction(MessageId message, UserId user, std::string_view emoji) = 0;     // false: was there
  virtual bool remove_reaction(MessageId message, UserId user, std::string_view emoji) = 0;  // false: was not
  // Monotonic: false (and nothing changes) if the user had read at least that far.
  virtual bool set_read(RoomId room, UserId user, MessageId message, std::int64_t seq) = 0;

  // --- for the writer: each command of a group commit stands or falls alone
  virtual void begin_command() = 0;
  virtual void keep_command() = 0;
  virtual void undo_command() = 0;  // also takes back its log positions
};

}  // namespace fairlead::store
