#include "chat/messages.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "chat/events.h"
#include "chat/mentions.h"
#include "chat/moderation.h"
#include "chat/permissions.h"
#include "protocol/json.h"

namespace fairlead::chat {
namespace {

// FNV-1a in 128 bits, each part with its length before it. It need not withstand attacks: whoever
// finds a collision deceives only themselves about their own nonce.
class Fingerprint {
 public:
  void add(std::string_view part) {
    add_number(part.size());
    for (const char c : part) add_byte(static_cast<unsigned char>(c));
  }
  void add_number(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) add_byte((number >> shift) & 0xFF);
  }
  std::string hex() const {
    std::string text;
    for (int shift = 124; shift >= 0; shift -= 4) {
      text += "0123456789abcdef"[static_cast<unsigned>((state_ >> shift) & 0xF)];
    }
    return text;
  }

 private:
  __extension__ using U128 = unsigned __int128;
  void add_byte(std::uint64_t byte) { state_ = (state_ ^ byte) * kPrime; }

  static constexpr U128 kPrime = (U128{1} << 88) + 0x13B;
  U128 state_ = (U128{0x6c62272e07bb0142} << 64) + 0x62b821756295c58d;
};

Result<SendOutcome> replay(store::View::NonceUse use, const SendRequest& request) {
  if (use.fingerprint != fingerprint(request)) {
    return fail(ErrorCode::kNonceReused, "send another message under another nonce");
  }
  auto json = protocol::message_json(use.message);
  return SendOutcome{std::move(use.message), std::move(json), true, {}};
}

}  // namespace

std::string fingerprint(const SendRequest& request) {
  Fingerprint print;
  print.add_number(static_cast<std::uint64_t>(request.room.value()));
  print.add_number(static_cast<std::uint64_t>(request.reply_to.value()));
  print.add(request.text);
  print.add(request.metadata);
  return print.hex();
}

Result<SendOutcome> send_message(store::Transaction& tx, const SendRequest& request,
                                 std::int64_t now_ms, std::optional<Error> refusal) {
  if (!request.nonce.empty()) {
    if (auto use = tx.nonce_use(request.author, request.nonce)) {
      return replay(std::move(*use), request);
    }
  }
  if (refusal) return fail(std::move(*refusal));
  const auto allowed = voice(tx, request.room, request.author, Action::kSend, now_ms);
  if (!allowed) return fail(allowed.error());
  if (auto due = check_pace(tx, request.room, request.author, *allowed, now_ms); !due) {
    return fail(due.error());
  }
  if (request.reply_to && !tx.message(request.room, request.reply_to, request.author)) {
    return fail(field_error("reply_to", "there is no such message in this room"));
  }
  auto author = tx.user(request.author);
  if (!author) return fail(ErrorCode::kUnauthorized, "the account is gone");

  Message message;
  message.id = MessageId(tx.next_position().value());
  message.room = request.room;
  message.author = std::move(*author);
  message.text = request.text;
  message.nonce = request.nonce;
  message.reply_to = request.reply_to;
  message.mentions = resolve_mentions(tx, request.room, request.text);
  message.metadata = request.metadata;
  message.created_at_ms = now_ms;
  tx.insert_message(message, request.nonce.empty() ? std::string() : fingerprint(request));
  SendOutcome outcome{message, protocol::message_json(message), false, {}};
  tx.append(message_created(message.room, outcome.json, now_ms));
  return outcome;
}

Result<Message> edit_message(store::Transaction& tx, UserId caller, RoomId room, MessageId id,
                             std::string text, std::int64_t now_ms) {
  const auto allowed = voice(tx, room, caller, Action::kSend, now_ms);
  if (!allowed) return fail(allowed.error());
  auto message = tx.message(room, id, caller);
  if (!message) return fail(no_such_message());
  if (message->author.id != caller) {
    return fail(ErrorCode::kForbidden, "only its author edits a message");
  }
  if (message->deleted_at_ms != 0) return fail(ErrorCode::kConflict, "the message is deleted");
  if (message->text == text) return std::move(*message);
  message->text = std::move(text);
  message->mentions = resolve_mentions(tx, room, message->text);
  message->edited_at_ms = now_ms;
  tx.update_message(*message);
  tx.append(message_updated(*message, now_ms));
  return std::move(*message);
}

Result<Deletion> delete_message(store::Transaction& tx, UserId caller, RoomId room, MessageId id,
                                std::int64_t now_ms) {
  const auto reader = permission(tx, room, caller, Action::kRead);
  if (!reader) return fail(reader.error());
  auto message = tx.message(room, id, caller);
  if (!message) return fail(no_such_message());
  if (message->author.id != caller && !may(*reader, Action::kModerate)) {
    return fail(ErrorCode::kForbidden, "only its author or a moderator deletes a message");
  }
  if (message->deleted_at_ms != 0) return Deletion::kBefore;
  message->text.clear();
  message->metadata.clear();
  message->mentions.clear();
  message->deleted_at_ms = now_ms;
  tx.update_message(*message);
  tx.append(message_deleted(*message, now_ms));
  return message->author.id == caller ? Deletion::kByAuthor : Deletion::kByAnother;
}

Result<Message> read_message(store::View& view, UserId caller, RoomId room, MessageId id) {
  const auto allowed = permission(view, room, caller, Action::kRead);
  if (!allowed) return fail(allowed.error());
  auto message = view.message(room, id, caller);
  if (!message) return fail(no_such_message());
  return std::move(*message);
}

Result<store::History> read_history(store::View& view, UserId caller, RoomId room,
                                    const store::HistoryQuery& query) {
  const auto allowed = permission(view, room, caller, Action::kRead);
  if (!allowed) return fail(allowed.error());
  return view.history(room, query, caller);
}

}  // namespace fairlead::chat
