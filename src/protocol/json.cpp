#include "protocol/json.h"

#include <chrono>

#include "protocol/ids.h"

namespace fairlead::protocol {
namespace {

constexpr int kDepthMax = 32;  // bounds the parser's recursion when the tree is destroyed
// An ordered object compares each key with all before it: 64 KiB of short keys took 75 ms (CWE-407).
constexpr int kKeysMax = 1000;

}  // namespace

std::string rfc3339(std::int64_t ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(ms)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  std::string out;
  out.reserve(24);
  const auto add = [&out](long number, long tens, char after) {
    for (; tens > 0; tens /= 10) out += static_cast<char>('0' + number / tens % 10);
    out += after;
  };
  add(int{date.year()}, 1000, '-');
  add(unsigned{date.month()}, 10, '-');
  add(unsigned{date.day()}, 10, 'T');
  add(clock.hours().count(), 10, ':');
  add(clock.minutes().count(), 10, ':');
  add(clock.seconds().count(), 10, '.');
  add(clock.subseconds().count(), 100, 'Z');
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

Json to_json(const SeenRoom& seen) {
  Json json = to_json(seen.room);
  if (seen.role) json["role"] = to_wire(*seen.role);
  if (seen.muted_until_ms != 0) json["muted_until"] = rfc3339(seen.muted_until_ms);
  if (seen.peer) json["peer"] = to_json(*seen.peer);
  return json;
}

Json to_json(const Room& room) {
  Json json = {{"id", to_wire(room.id)},
               {"name", room.name},
               {"topic", room.topic},
               {"visibility", to_wire(room.visibility)},
               {"kind", to_wire(room.kind)},
               {"created_at", rfc3339(room.created_at_ms)},
               {"role", nullptr},
               {"members_count", room.members_count}};
  if (room.slow_mode_s != 0) json["slow_mode_seconds"] = room.slow_mode_s;
  return json;
}

Json to_json(const Member& member) {
  Json json = {{"user", to_json(member.user)},
               {"role", to_wire(member.role)},
               {"joined_at", rfc3339(member.joined_at_ms)}};
  if (member.muted_until_ms != 0) json["muted_until"] = rfc3339(member.muted_until_ms);
  return json;
}

namespace {

// `text`, which is UTF-8, as a JSON string; escapes what dump() escapes.
void add_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::string_view kNamed = "\b\f\n\r\t\"\\";
  constexpr std::string_view kNames = "bfnrt\"\\";
  out += '"';
  for (const char c : text) {
    if (const auto name = kNamed.find(c); name != std::string_view::npos) {
      out += '\\';
      out += kNames[name];
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 0xF];
    } else {
      out += c;
    }
  }
  out += '"';
}

// The comma is that of the field before. Ids and times need no escapes.
void add_field(std::string& out, std::string_view name, std::string_view plain) {
  out.append(",\"").append(name).append("\":\"").append(plain).append("\"");
}
void add_text(std::string& out, std::string_view name, std::string_view text) {
  out.append(",\"").append(name).append("\":");
  add_string(out, text);
}

}  // namespace

std::string message_json(const Message& message) {
  std::string out;
  out.reserve(message.text.size() + message.metadata.size() + 512);
  out.append(R"({"id":")").append(to_wire(message.id)).append("\"");
  add_field(out, "room_id", to_wire(message.room));
  out.append(R"(,"seq":)").append(std::to_string(message.seq));
  out.append(R"(,"author":{"id":")").append(to_wire(message.author.id)).append("\"");
  add_text(out, "name", message.author.name);
  add_text(out, "display_name", message.author.display_name);
  out += '}';
  if (message.deleted_at_ms == 0) add_text(out, "text", message.text);
  if (!message.nonce.empty()) add_text(out, "nonce", message.nonce);
  if (message.reply_to) add_field(out, "reply_to", to_wire(message.reply_to));
  out += R"(,"mentions":[)";
  for (const auto user : message.mentions) {
    out.append(out.back() == '[' ? "\"" : ",\"").append(to_wire(user)).append("\"");
  }
  out += R"(],"reactions":[)";
  for (const auto& reaction : message.reactions) {
    out += out.back() == '[' ? R"({"emoji":)" : R"(,{"emoji":)";
    add_string(out, reaction.emoji);
    out.append(R"(,"count":)").append(std::to_string(reaction.count));
    out += reaction.me ? R"(,"me":true})" : R"(,"me":false})";
  }
  out += ']';
  if (!message.metadata.empty() && message.deleted_at_ms == 0) {
    out.append(R"(,"metadata":)").append(message.metadata);
  }
  add_field(out, "created_at", rfc3339(message.created_at_ms));
  if (message.edited_at_ms != 0) add_field(out, "edited_at", rfc3339(message.edited_at_ms));
  if (message.deleted_at_ms != 0) add_field(out, "deleted_at", rfc3339(message.deleted_at_ms));
  out += '}';
  return out;
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
