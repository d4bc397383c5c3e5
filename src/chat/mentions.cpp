#include "chat/mentions.h"

#include <algorithm>

#include "core/limits.h"

namespace fairlead::chat {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_word(char c) {
  const char l = lower(c);
  // Not letters beyond ASCII: Chinese and Japanese have no spaces between words.
  return (l >= 'a' && l <= 'z') || (l >= '0' && l <= '9') || l == '_';
}

bool is_name_char(char c) {
  return is_word(c) || c == '.' || c == '-';
}

}  // namespace

std::vector<std::string> mentioned_names(std::string_view text) {
  std::vector<std::string> names;
  for (std::size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
    if (at > 0 && is_word(text[at - 1])) continue;
    std::string name;
    for (std::size_t i = at + 1; i < text.size() && is_name_char(text[i]); ++i) {
      name += lower(text[i]);
    }
    while (name.size() > limits::kUserNameCharsMax && (name.back() == '.' || name.back() == '-')) {
      name.pop_back();
    }
    if (name.size() < limits::kUserNameCharsMin || name.size() > limits::kUserNameCharsMax)
      continue;
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    names.push_back(std::move(name));
    if (names.size() == kMentionsMax) break;
  }
  return names;
}

std::vector<UserId> resolve_mentions(store::View& view, RoomId room, std::string_view text) {
  std::vector<UserId> mentioned;
  for (auto name : mentioned_names(text)) {
    auto user = view.user_by_name(name);
    if (!user) {
      name.resize(name.find_last_not_of(".-") + 1);
      if (name.size() >= limits::kUserNameCharsMin) user = view.user_by_name(name);
    }
    if (!user || std::find(mentioned.begin(), mentioned.end(), user->id) != mentioned.end())
      continue;
    if (view.role(room, user->id)) mentioned.push_back(user->id);
  }
  return mentioned;
}

}  // namespace fairlead::chat
