#include "protocol/json.h"

#include <ctime>

#include "protocol/ids.h"

namespace fairlead::protocol {
namespace {

constexpr int kDepthMax = 32;  // bounds the parser's recursion when the tree is destroyed
// An ordered object compares each key with all before it: 64 KiB of short keys took 75 ms (CWE-407).
constexpr int kKeysMax = 1000;

}  // namespace

std::string rfc3339(std::int64_t ms) {
  const std::time_t s = static_cast<std::time_t>(ms / 1000);
  std::tm tm{};
  gmtime_r(&s, &tm);
  char text[40];
  const auto n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
  const int m = static_cast<int>(ms % 1000);
  std::string out(text, n);
  out += '.';
  out += static_cast<char>('0' + m / 100);
  out += static_cast<char>('0' + m / 10 % 10);
  out += static_cast<char>('0' + m % 10);
  out += 'Z';
  return out;
}

std::string_view to_wire(Role role) {
  switch (role) {
    case Role::kReader: return "reader";
    case Role::kMember: return "member";
    case Role::kModerator: return "moderator";
    case Role::kOwner: return "owner";
  }
  return "reader";
}

std::string_view to_wire(Visibility visibility) {
  return visibility == Visibility::kPublic ? "public" : "private";
}

std::string_view to_wire(RoomKind kind) { return kind == RoomKind::kRoom ? "room" : "direct"; }

std::optional<Role> parse_role(std::string_view wire) {
  for (const auto role : {Role::kReader, Role::kMember, Role::kModerator, Role::kOwner}) {
    if (wire == to_wire(role)) return role;
  }
  return std::nullopt;
}

std::optional<Visibility> parse_visibility(std::string_view wire) {
  if (wire == "public") return Visibility::kPublic;
  if (wire == "private") return Visibility::kPrivate;
  return std::nullopt;
}

Json to_json(const User& user) {
  return {{"id", to_wire(user.id)},
          {"name", user.name},
          {"display_name", user.display_name},
          {"created_at", rfc3339(user.created_at_ms)}};
}

Json to_json(const Room& room, std::optional<Role> role) {
  Json json = {{"id", to_wire(room.id)},
               {"name", room.name},
               {"topic", room.topic},
               {"visibility", to_wire(room.visibility)},
               {"kind", to_wire(room.kind)},
               {"created_at", rfc3339(room.created_at_ms)},
               {"role", nullptr},
               {"members_count", room.members_count}};
  if (role) json["role"] = to_wire(*role);
  return json;
}

Json to_json(const Member& member) {
  return {{"user", to_json(member.user)},
          {"role", to_wire(member.role)},
          {"joined_at", rfc3339(member.joined_at_ms)}};
}

Json to_json(const Message& message) {
  Json json = {{"id", to_wire(message.id)},
               {"room_id", to_wire(message.room)},
               {"seq", message.seq},
               {"author",
                {{"id", to_wire(message.author.id)},
                 {"name", message.author.name},
                 {"display_name", message.author.display_name}}}};
  if (message.deleted_at_ms == 0) json["text"] = message.text;
  if (!message.nonce.empty()) json["nonce"] = message.nonce;
  if (message.reply_to) json["reply_to"] = to_wire(message.reply_to);
  json["mentions"] = Json::array();
  for (const auto user : message.mentions) json["mentions"].push_back(to_wire(user));
  json["reactions"] = Json::array();
  for (const auto& r : message.reactions) {
    json["reactions"].push_back({{"emoji", r.emoji}, {"count", r.count}, {"me", r.me}});
  }
  if (!message.metadata.empty() && message.deleted_at_ms == 0) {
    json["metadata"] = Json::parse(message.metadata);
  }
  json["created_at"] = rfc3339(message.created_at_ms);
  if (message.edited_at_ms != 0) json["edited_at"] = rfc3339(message.edited_at_ms);
  if (message.deleted_at_ms != 0) json["deleted_at"] = rfc3339(message.deleted_at_ms);
  return json;
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Json> parse_object(std::string_view text) {
  int deepest = 0;
  int keys = 0;
  bool has_nul = false;
  std::string field, nul_field;  // of the outermost object
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    deepest = std::max(deepest, depth);
    const bool key = event == Json::parse_event_t::key;
    if ((key || event == Json::parse_event_t::value) && parsed.is_string() &&
        parsed.get_ref<const std::string&>().find('\0') != std::string::npos) {
      has_nul = true;
      if (!key && depth == 1) nul_field = field;
    }
    if (key && depth == 1) field = parsed.get_ref<const std::string&>();
    if (key) ++keys;
    return depth <= kDepthMax && keys <= kKeysMax;  // false: is not put into the tree
  };
  Json json = Json::parse(text, watch, /*allow_exceptions=*/false);
  if (json.is_discarded() || !json.is_object()) {
    return fail(ErrorCode::kMalformedJson, "the body must be one JSON object in UTF-8");
  }
  if (deepest > kDepthMax) return fail(ErrorCode::kMalformedJson, "nested deeper than 32 levels");
  if (keys > kKeysMax) return fail(ErrorCode::kMalformedJson, "more than 1000 keys");
  if (!nul_field.empty()) return fail(field_error(nul_field, "must not hold U+0000"));
  if (has_nul) return fail(ErrorCode::kMalformedJson, "U+0000 is not allowed in text");
  return json;
}

std::size_t characters(std::string_view utf8) {
  std::size_t n = 0;
  for (const char c : utf8) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return n;
}

}  // namespace fairlead::protocol
