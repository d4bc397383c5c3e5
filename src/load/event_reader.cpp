#include "load/event_reader.h"

#include <charconv>

namespace fairlead::load {
namespace {

constexpr int kDepthMax = 64;

// Walks over JSON text. Each method moves the front of `rest` on, and says whether it found what it
// names.
struct Walker {
  std::string_view rest;

  void spaces() {
    while (!rest.empty() &&
           (rest[0] == ' ' || rest[0] == '\n' || rest[0] == '\r' || rest[0] == '\t')) {
      rest.remove_prefix(1);
    }
  }
  bool sign(char c) {
    spaces();
    if (!rest.starts_with(c)) return false;
    rest.remove_prefix(1);
    return true;
  }
  bool string() {
    if (!rest.starts_with('"')) return false;
    for (std::size_t at = 1;;) {
      at = rest.find_first_of("\"\\", at);
      if (at == rest.npos) return false;
      if (rest[at] == '"') {
        rest.remove_prefix(at + 1);
        return true;
      }
      at += 2;
    }
  }
  // Brackets are only counted: what is inside of them is the server's concern.
  bool brackets() {
    for (int depth = 0;;) {
      const auto at = rest.find_first_of("\"{}[]");
      if (at == rest.npos) return false;
      rest.remove_prefix(at);
      if (rest[0] == '"') {
        if (!string()) return false;
        continue;
      }
      depth += rest[0] == '{' || rest[0] == '[' ? 1 : -1;
      rest.remove_prefix(1);
      if (depth == 0) return true;
      if (depth > kDepthMax) return false;
    }
  }
  std::optional<std::string_view> value() {
    spaces();
    const auto whole = rest;
    bool found = false;
    if (rest.starts_with('"')) {
      found = string();
    } else if (rest.starts_with('{') || rest.starts_with('[')) {
      found = brackets();
    } else {
      const auto end = std::min(rest.find_first_of(",]} \n\r\t"), rest.size());
      found = end > 0;
      rest.remove_prefix(end);
    }
    if (!found) return std::nullopt;
    return whole.substr(0, whole.size() - rest.size());
  }
};

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc() || stop != end) return std::nullopt;
  return value;
}

void message_members(std::string_view json, Event& event) {
  each_member(json, [&event](std::string_view key, std::string_view value) {
    if (key == "text") {
      event.text = plain_string(value);
    } else if (key == "seq") {
      event.seq = number<std::uint64_t>(value).value_or(0);
    } else if (key == "reconnect_in_ms") {
      event.reconnect_in_ms = number<std::int64_t>(value);
    }
  });
}

constexpr std::string_view kMark = "fairlead bench ";

}  // namespace

bool each_member(std::string_view json,
                 const std::function<void(std::string_view, std::string_view)>& visit) {
  Walker walker{json};
  if (!walker.sign('{')) return false;
  if (walker.sign('}')) return true;
  for (;;) {
    walker.spaces();
    const auto from = walker.rest;
    if (!walker.string()) return false;
    const auto key = from.substr(1, from.size() - walker.rest.size() - 2);
    if (!walker.sign(':')) return false;
    const auto value = walker.value();
    if (!value) return false;
    visit(key, *value);
    if (walker.sign(',')) continue;
    return walker.sign('}');
  }
}

bool each_element(std::string_view json, const std::function<void(std::string_view)>& visit) {
  Walker walker{json};
  if (!walker.sign('[')) return false;
  if (walker.sign(']')) return true;
  for (;;) {
    const auto value = walker.value();
    if (!value) return false;
    visit(*value);
    if (walker.sign(',')) continue;
    return walker.sign(']');
  }
}

std::string_view plain_string(std::string_view json) {
  if (json.size() < 2 || json.front() != '"' || json.find('\\') != json.npos) return {};
  return json.substr(1, json.size() - 2);
}

std::optional<Event> read_event(std::string_view json) {
  Event event;
  std::string_view data;
  const bool whole = each_member(json, [&](std::string_view key, std::string_view value) {
    if (key == "type") {
      event.type = plain_string(value);
    } else if (key == "cursor") {
      event.cursor = plain_string(value);
    } else if (key == "session") {
      event.session = plain_string(value);
    } else if (key == "data") {
      data = value;
    } else if (key == "reconnect_in_ms") {
      event.reconnect_in_ms = number<std::int64_t>(value);
    }
  });
  if (!whole || event.type.empty()) return std::nullopt;
  if (event.type == "message.created" || event.type == "bye") message_members(data, event);
  return event;
}

std::optional<PollAnswer> read_poll_answer(std::string_view json) {
  PollAnswer answer;
  const bool whole = each_member(json, [&answer](std::string_view key, std::string_view value) {
    if (key == "session") {
      answer.session = plain_string(value);
    } else if (key == "cursor") {
      answer.cursor = plain_string(value);
    } else if (key == "events") {
      answer.events = value;
    }
  });
  if (!whole || answer.cursor.empty() || answer.events.empty()) return std::nullopt;
  return answer;
}

std::string marked_text(std::string_view run, Mark mark, std::size_t bytes) {
  std::string text(kMark);
  text.append(run).append(" ").append(std::to_string(mark.trial));
  text.append(" ").append(std::to_string(mark.number)).append(" ");
  for (std::size_t i = text.size(); i < bytes; ++i) text += static_cast<char>('a' + i % 26);
  return text;
}

std::optional<Mark> read_mark(std::string_view run, std::string_view text) {
  if (!text.starts_with(kMark)) return std::nullopt;
  text.remove_prefix(kMark.size());
  if (!text.starts_with(run) || !text.substr(run.size()).starts_with(' ')) return std::nullopt;
  text.remove_prefix(run.size() + 1);
  Mark mark;
  for (auto* field : {&mark.trial, &mark.number}) {
    const auto end = text.find(' ');
    if (end == text.npos) return std::nullopt;
    const auto value = number<std::uint64_t>(text.substr(0, end));
    if (!value) return std::nullopt;
    *field = *value;
    text.remove_prefix(end + 1);
  }
  return mark;
}

}  // namespace fairlead::load
