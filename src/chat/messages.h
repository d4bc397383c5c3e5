#pragma once

#include <optional>
#include <string>

#include "chat/rate_limit.h"
#include "core/result.h"
#include "store/transaction.h"

// Sending, editing and deleting. Pure rules: each function runs inside a transaction (or on a view)
// that somebody else opened, and undoes nothing itself.
namespace fairlead::chat {

// Checked already (parse_send in requests.h): every size is within limits.h.
struct SendRequest {
  UserId author;
  RoomId room;
  std::string text;
  std::string nonce;     // empty: none
  MessageId reply_to;    // 0: none
  std::string metadata;  // a JSON object as text; empty: none
};

struct SendOutcome {
  Message message;
  std::string json;       // the message as the wire shows it: the same bytes as the event's `data`
  bool replayed = false;  // the nonce had made this message before
  Quota quota;            // set by Service::send
};

// What tells two uses of one nonce apart: 32 hex digits over room, text, reply_to and metadata.
std::string fingerprint(const SendRequest& request);

// Creates the message, or answers with the one that (author, nonce) made before (G4). `refusal`:
// the rate limit has said no, which only a replay passes. Errors: nonce_reused, rate_limited,
// not_found, not_a_member, forbidden, muted, slow_mode, invalid_fields (reply_to).
Result<SendOutcome> send_message(store::Transaction& tx, const SendRequest& request,
                                 std::int64_t now_ms, std::optional<Error> refusal = {});

// Only by its author, who may still write here. The same text again changes nothing. Errors:
// not_found, not_a_member, forbidden, muted, conflict (deleted).
Result<Message> edit_message(store::Transaction& tx, UserId caller, RoomId room, MessageId message,
                             std::string text, std::int64_t now_ms);

enum class Deletion { kBefore, kByAuthor, kByAnother };  // kBefore: nothing was left to do
// By its author or whoever moderates. Leaves a tombstone; doing it again is no mistake.
Result<Deletion> delete_message(store::Transaction& tx, UserId caller, RoomId room,
                                MessageId message, std::int64_t now_ms);

Result<Message> read_message(store::View& view, UserId caller, RoomId room, MessageId message);

// A page of the room's messages; the ids in the query need not exist. Errors: not_found (the room),
// not_a_member.
Result<store::History> read_history(store::View& view, UserId caller, RoomId room,
                                    const store::HistoryQuery& query);

}  // namespace fairlead::chat
