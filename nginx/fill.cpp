#include "nginx/fill.h"

#include <algorithm>
#include <stdexcept>

namespace fairlead::nginx {
namespace {

constexpr std::string_view kNameChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
constexpr std::size_t kReasonColumn = 52;

// The name of the @NAME@ that `text` begins with; empty if it begins with something else.
std::string_view name_at(std::string_view text) {
  if (!text.starts_with('@')) return {};
  const auto end = text.find_first_not_of(kNameChars, 1);
  if (end == std::string_view::npos || end == 1 || text[end] != '@') return {};
  return text.substr(1, end - 1);
}

const std::string& value_of(const Names& names, std::string_view name) {
  const auto it = names.find(name);
  if (it == names.end()) throw std::logic_error("no value for @" + std::string(name) + "@");
  return it->second;
}

// A line that is a name alone: its value, indented as it was; with the line's end.
std::string indented(std::string_view indentation, std::string_view value) {
  std::string out;
  while (!value.empty()) {
    const auto end = value.find('\n');
    if (end != 0) out.append(indentation).append(value.substr(0, end));
    out += '\n';
    value = end == std::string_view::npos ? std::string_view() : value.substr(end + 1);
  }
  return out;
}

std::string fill_line(std::string_view line, const Names& names) {
  const auto start = line.find_first_not_of(' ');
  if (start != std::string_view::npos) {
    const auto name = name_at(line.substr(start));
    if (!name.empty() && start + name.size() + 2 == line.size()) {
      return indented(line.substr(0, start), value_of(names, name));
    }
  }
  std::string out;
  while (!line.empty()) {
    const auto name = name_at(line);
    if (name.empty()) {
      out += line.front();
      line.remove_prefix(1);
    } else {
      out += value_of(names, name);
      line.remove_prefix(name.size() + 2);
    }
  }
  return out + "\n";
}

}  // namespace

std::string fill(std::string_view text, const Names& names) {
  std::string out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    out += fill_line(text.substr(0, end), names);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return out;
}

std::string lines_of(const std::vector<Directive>& directives) {
  std::vector<std::string> lines;
  for (const auto& directive : directives) {
    // A server's parameters stand in the line of that server.
    if (directive.rule == Rule::kAbsent || directive.name.starts_with("server ")) continue;
    auto line = directive.name + " " + directive.value + ";";
    if (!directive.why.empty()) {
      line.resize(std::max(line.size() + 2, kReasonColumn), ' ');
      line.append("# ").append(directive.why);
    }
    lines.push_back(std::move(line));
  }
  return joined(lines);
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) out += (out.empty() ? "" : "\n") + line;
  return out;
}

}  // namespace fairlead::nginx
