#include "chat/requests.h"

#include <algorithm>
#include <utility>

#include "chat/fields.h"
#include "core/limits.h"
#include "protocol/ids.h"

namespace fairlead::chat {
namespace {

using protocol::Json;

constexpr std::size_t kEmojiCharsMax = 32;  // the longest emoji sequences have about 10

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

std::string user_name(Fields& fields) {
  auto name = fields.text("name", limits::kUserNameCharsMin, limits::kUserNameCharsMax);
  if (!std::all_of(name.begin(), name.end(), is_name_char)) {
    fields.wrong("name", "must be of a-z, 0-9, _, . and -");
  }
  return name;
}

std::optional<std::string> optional_line(Fields& fields, const char* name, std::size_t chars_min,
                                         std::size_t chars_max) {
  auto line = fields.optional_text(name, chars_min, chars_max);
  if (line) {
    if (auto why = line_problem(*line, chars_min, chars_max); !why.empty()) {
      fields.wrong(name, std::move(why));
    }
  }
  return line;
}

std::string line(Fields& fields, const char* name, std::size_t chars_min, std::size_t chars_max) {
  auto value = optional_line(fields, name, chars_min, chars_max);
  if (!value && !fields.is_wrong(name)) fields.wrong(name, "is required");
  return std::move(value).value_or("");
}

template <typename T>
Result<T> checked(const Fields& fields, T value) {
  if (auto good = fields.check(); !good) return fail(std::move(good.error()));
  return value;
}

std::string password(Fields& fields, std::size_t chars_min) {
  auto value = fields.text("password", chars_min, limits::kPasswordBytesMax);
  if (value.size() > limits::kPasswordBytesMax) {
    fields.wrong("password",
                 "must be at most " + std::to_string(limits::kPasswordBytesMax) + " bytes");
  }
  return value;
}

// The nonce of the body or of the header that stands for it.
std::string take_nonce(Fields& fields, std::string_view idempotency_key) {
  auto nonce = fields.optional_text("nonce", 1, limits::kNonceCharsMax).value_or("");
  if (idempotency_key.empty() || fields.is_wrong("nonce")) return nonce;
  if (nonce.empty()) return std::string(idempotency_key);
  if (nonce != idempotency_key) fields.wrong("nonce", "differs from the Idempotency-Key");
  return nonce;
}

}  // namespace

Result<NewAccount> parse_new_account(const Json& json) {
  Fields fields(json);
  NewAccount account;
  account.name = user_name(fields);
  account.display_name =
      optional_line(fields, "display_name", 1, limits::kDisplayNameCharsMax).value_or(account.name);
  account.password = password(fields, limits::kPasswordCharsMin);
  return checked(fields, std::move(account));
}

Result<Credentials> parse_credentials(const Json& json) {
  Fields fields(json);
  Credentials credentials;
  credentials.name = fields.text("name", 1, limits::kPasswordBytesMax);
  credentials.password = password(fields, 1);
  return checked(fields, std::move(credentials));
}

Result<std::string> parse_display_name(const Json& json) {
  Fields fields(json);
  auto name = line(fields, "display_name", 1, limits::kDisplayNameCharsMax);
  return checked(fields, std::move(name));
}

Result<NewRoom> parse_new_room(const Json& json) {
  Fields fields(json);
  NewRoom room;
  room.name = line(fields, "name", 1, limits::kRoomNameCharsMax);
  room.topic = fields.optional_text("topic", 0, limits::kRoomTopicCharsMax).value_or("");
  const auto visibility =
      fields.parsed("visibility", &protocol::parse_visibility, "public or private");
  if (!fields.has("visibility")) fields.wrong("visibility", "is required: public or private");
  room.visibility = visibility.value_or(Visibility::kPublic);
  return checked(fields, std::move(room));
}

Result<RoomChanges> parse_room_changes(const Json& json) {
  Fields fields(json);
  RoomChanges changes;
  changes.name = optional_line(fields, "name", 1, limits::kRoomNameCharsMax);
  changes.topic = fields.optional_text("topic", 0, limits::kRoomTopicCharsMax);
  changes.visibility =
      fields.parsed("visibility", &protocol::parse_visibility, "public or private");
  changes.slow_mode_s = fields.optional_number("slow_mode_seconds", 0, limits::kSlowModeSecondsMax);
  return checked(fields, std::move(changes));
}

Result<Role> parse_role_change(const Json& json) {
  Fields fields(json);
  const auto role =
      fields.parsed("role", &protocol::parse_role, "owner, moderator, member or reader");
  if (!fields.has("role")) fields.wrong("role", "is required");
  return checked(fields, role.value_or(Role::kReader));
}

Result<std::int64_t> parse_mute(const Json& json) {
  Fields fields(json);
  const auto seconds = fields.optional_number("seconds", 1, limits::kMuteSecondsMax);
  if (!fields.has("seconds")) fields.wrong("seconds", "is required");
  return checked(fields, seconds.value_or(0));
}

Result<SendRequest> check_send(SendRequest request) {
  const protocol::Json none;
  Fields fields(none);
  const auto note = [&fields](const char* name, std::string why) {
    if (!why.empty()) fields.wrong(name, std::move(why));
  };
  note("text", text_problem(request.text, 1, limits::kMessageCharsMax));
  note("nonce", line_problem(request.nonce, 0, limits::kNonceCharsMax));
  if (request.metadata.size() > limits::kMetadataBytesMax) {
    note("metadata",
         "must be at most " + std::to_string(limits::kMetadataBytesMax) + " bytes of JSON");
  }
  return checked(fields, std::move(request));
}

Result<SendRequest> parse_send(const Json& json, UserId author, RoomId room,
                               std::string_view idempotency_key) {
  Fields fields(json);
  SendRequest request;
  request.author = author;
  request.room = room;
  request.text = fields.text("text", 1, limits::kMessageCharsMax);
  request.nonce = take_nonce(fields, idempotency_key);
  request.reply_to = fields.parsed("reply_to", &protocol::parse_message_id, "a message's id")
                         .value_or(MessageId{});
  request.metadata = fields.optional_object("metadata", limits::kMetadataBytesMax);
  if (auto good = fields.check(); !good) return fail(std::move(good.error()));
  return check_send(std::move(request));
}

Result<std::string> check_text(std::string text) {
  if (auto why = text_problem(text, 1, limits::kMessageCharsMax); !why.empty()) {
    return fail(field_error("text", std::move(why)));
  }
  return text;
}

Result<std::string> parse_text(const Json& json) {
  Fields fields(json);
  auto text = fields.text("text", 1, limits::kMessageCharsMax);
  return checked(fields, std::move(text));
}

Result<MessageId> parse_message_id_field(const Json& json) {
  Fields fields(json);
  const auto id = fields.parsed("message_id", &protocol::parse_message_id, "a message's id");
  if (!fields.has("message_id")) fields.wrong("message_id", "is required");
  return checked(fields, id.value_or(MessageId{}));
}

Result<std::string> check_emoji(std::string_view text) {
  auto why = line_problem(text, 1, kEmojiCharsMax);
  if (why.empty() && text.find(' ') != std::string_view::npos) why = "must not hold white space";
  if (!why.empty()) return fail(field_error("emoji", std::move(why)));
  return std::string(text);
}

}  // namespace fairlead::chat
