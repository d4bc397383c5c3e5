#include "protocol/command.h"

#include <array>
#include <map>
#include <optional>
#include <utility>

#include "protocol/cbor.h"
#include "protocol/ids.h"
#include "protocol/json.h"
#include "protocol/problem.h"

namespace fairlead::protocol {
namespace {

struct Name {
  CommandOp op;
  std::string_view wire;
};

constexpr std::array<Name, 11> kNames{{{CommandOp::kSend, "send"},
                                       {CommandOp::kEdit, "edit"},
                                       {CommandOp::kDelete, "delete"},
                                       {CommandOp::kReact, "react"},
                                       {CommandOp::kUnreact, "unreact"},
                                       {CommandOp::kTyping, "typing"},
                                       {CommandOp::kRead, "read"},
                                       {CommandOp::kPing, "ping"},
                                       {CommandOp::kProbe, "probe"},
                                       {CommandOp::kAuth, "auth"},
                                       {CommandOp::kReceived, "received"}}};

// Takes fields out of a command's object and notes what is wrong with them.
class Fields {
 public:
  explicit Fields(const Json& object) : object_(object) {}

  std::string text(const char* name) {
    const auto* value = find(name);
    if (value == nullptr) {
      wrong_.emplace(name, "is required");
    } else if (!value->is_string()) {
      wrong_.emplace(name, "must be a string");
    } else {
      return value->get<std::string>();
    }
    return {};
  }
  std::string optional_text(const char* name) {
    return find(name) == nullptr ? std::string() : text(name);
  }
  std::string optional_object(const char* name) {
    const auto* value = find(name);
    if (value == nullptr) return {};
    if (!value->is_object()) {
      wrong_.emplace(name, "must be an object");
      return {};
    }
    return dump(*value);
  }
  RoomId room() { return id<RoomId>("room_id", parse_room_id); }
  MessageId message() { return id<MessageId>("message_id", parse_message_id); }
  MessageId reply_to() {
    if (find("reply_to") == nullptr) return {};
    const auto id = parse_message_id(text("reply_to"));
    if (!id && !wrong_.contains("reply_to")) wrong_.emplace("reply_to", "is not a message id");
    return id.value_or(MessageId{});
  }

  // Wrong fields first: they can be put right without knowing what exists.
  std::optional<Error> error() const {
    if (!wrong_.empty()) {
      auto error = field_error(wrong_.begin()->first, wrong_.begin()->second);
      error.fields = wrong_;
      return error;
    }
    if (unknown_) return fairlead::error(ErrorCode::kNotFound);
    return std::nullopt;
  }

 private:
  const Json* find(const char* name) const {
    const auto it = object_.find(name);
    return it == object_.end() || it->is_null() ? nullptr : &*it;
  }
  template <typename Id>
  Id id(const char* name, std::optional<Id> (*parse)(std::string_view)) {
    const auto wire = text(name);
    const auto parsed = parse(wire);
    if (!parsed && !wrong_.contains(name)) unknown_ = true;
    return parsed.value_or(Id{});
  }

  const Json& object_;
  std::map<std::string, std::string> wrong_;
  bool unknown_ = false;
};

std::optional<CommandOp> parse_op(const Json& object) {
  const auto op = object.find("op");
  if (op == object.end() || !op->is_string()) return std::nullopt;
  const auto& wire = op->get_ref<const std::string&>();
  for (const auto& name : kNames) {
    if (name.wire == wire) return name.op;
  }
  return std::nullopt;
}

// nullopt: there is one, and it is nothing that can be echoed.
std::optional<std::string> parse_ref(const Json& object) {
  const auto ref = object.find("ref");
  if (ref == object.end() || ref->is_null()) return "null";
  if (ref->is_number()) return dump(*ref);
  if (ref->is_string() && characters(ref->get_ref<const std::string&>()) <= kRefCharsMax) {
    return dump(*ref);
  }
  return std::nullopt;
}

void take_fields(Command& command, Fields& fields) {
  switch (command.op) {
    case CommandOp::kSend:
      command.room = fields.room();
      command.text = fields.text("text");
      command.nonce = fields.optional_text("nonce");
      command.reply_to = fields.reply_to();
      command.metadata = fields.optional_object("metadata");
      break;
    case CommandOp::kEdit:
      command.room = fields.room();
      command.message = fields.message();
      command.text = fields.text("text");
      break;
    case CommandOp::kDelete:
    case CommandOp::kRead:
      command.room = fields.room();
      command.message = fields.message();
      break;
    case CommandOp::kReact:
    case CommandOp::kUnreact:
      command.room = fields.room();
      command.message = fields.message();
      command.emoji = fields.text("emoji");
      break;
    case CommandOp::kTyping:
      command.room = fields.room();
      break;
    case CommandOp::kPing:
      break;
    case CommandOp::kProbe:
      command.probe = fields.text("probe");
      break;
    case CommandOp::kAuth:
      command.token = fields.text("token");
      break;
    case CommandOp::kReceived:
      command.cursor = fields.text("cursor");
      break;
  }
}

}  // namespace

std::string_view to_wire(CommandOp op) {
  for (const auto& name : kNames) {
    if (name.op == op) return name.wire;
  }
  return {};
}

namespace {

tl::unexpected<CommandRefusal> refuse(std::string ref, Error error) {
  return tl::unexpected(CommandRefusal{std::move(ref), std::move(error)});
}

tl::expected<Command, CommandRefusal> command_of(const Json& object) {
  Command command;
  if (auto ref = parse_ref(object)) {
    command.ref = std::move(*ref);
  } else {
    return refuse("null", error(ErrorCode::kBadRequest,
                                "ref must be a number or a string of at most 64 characters"));
  }
  const auto op = parse_op(object);
  if (!op) return refuse(command.ref, error(ErrorCode::kBadRequest, "there is no such op"));
  command.op = *op;
  Fields fields(object);
  take_fields(command, fields);
  if (auto error = fields.error()) return refuse(command.ref, std::move(*error));
  return command;
}

}  // namespace

tl::expected<Command, CommandRefusal> parse_command(std::string_view text) {
  const auto object = parse_object(text);
  if (object) return command_of(*object);
  auto error = object.error();
  error.detail = "a command is one JSON object in UTF-8, at most 32 levels deep";
  return refuse("null", std::move(error));
}

tl::expected<Command, CommandRefusal> parse_cbor_command(std::string_view bytes) {
  const auto object = parse_cbor_object(bytes);
  if (!object) return refuse("null", object.error());
  return command_of(*object);
}

std::string ack_json(std::string_view ref, std::string_view data) {
  std::string json = R"({"type":"ack","ref":)";
  json += ref;
  json += R"(,"data":)";
  json += data.empty() ? std::string_view("null") : data;
  json += '}';
  return json;
}

std::string error_json(std::string_view ref, const Error& error, std::string_view request_id) {
  std::string json = R"({"type":"error","ref":)";
  json += ref;
  json += R"(,"error":)";
  json += problem_json(error, request_id);
  json += '}';
  return json;
}

}  // namespace fairlead::protocol
