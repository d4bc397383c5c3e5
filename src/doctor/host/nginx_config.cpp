#include "doctor/host/nginx_config.h"

#include <regex>

namespace fairlead::doctor {
namespace {

bool matches(const std::string& pattern, std::string_view path, bool any_case) {
  try {
    auto flags = std::regex::ECMAScript;
    if (any_case) flags |= std::regex::icase;
    return std::regex_search(std::string(path), std::regex(pattern, flags));
  } catch (const std::regex_error&) {
    return false;  // PCRE knows more than ECMAScript: as if it did not match
  }
}

struct Candidate {
  const Directive* location = nullptr;
  std::size_t length = 0;
  bool no_regex = false;
};

const Directive* location_of(const Directives& directives, std::string_view path) {
  Candidate prefix;
  for (const auto& directive : directives) {
    if (directive.name() != "location" || directive.words.size() < 2) continue;
    const auto& uri = directive.words.back();
    const auto modifier = directive.words.size() > 2 ? directive.words[1] : std::string();
    if (modifier == "=" && uri == path) return &directive;
    if ((modifier.empty() || modifier == "^~") && path.starts_with(uri) &&
        (prefix.location == nullptr || uri.size() > prefix.length)) {
      prefix = {&directive, uri.size(), modifier == "^~"};
    }
  }
  if (prefix.no_regex) return prefix.location;
  for (const auto& directive : directives) {
    if (directive.name() != "location" || directive.words.size() != 3) continue;
    const auto& modifier = directive.words[1];
    if ((modifier == "~" || modifier == "~*") &&
        matches(directive.words[2], path, modifier == "~*"))
      return &directive;
  }
  return prefix.location;
}

}  // namespace

std::string Directive::value() const {
  std::string text;
  for (std::size_t i = 1; i < words.size(); ++i) text += (i > 1 ? " " : "") + words[i];
  return text;
}

std::string Directive::place() const {
  return file + ":" + std::to_string(line);
}

const Directive* find(const Directives& directives, std::string_view name) {
  for (const auto& directive : directives) {
    if (directive.name() == name) return &directive;
  }
  return nullptr;
}

Chain chain_of(const Directive& http, const Directive& server, std::string_view path) {
  Chain chain{&http, &server};
  const auto* location = location_of(server.block, path);
  while (location != nullptr) {
    chain.push_back(location);
    location = location_of(location->block, path);
  }
  return chain;
}

std::vector<const Directive*> effective(const Chain& chain, std::string_view name) {
  std::vector<const Directive*> found;
  for (auto block = chain.rbegin(); block != chain.rend() && found.empty(); ++block) {
    for (const auto& directive : (*block)->block) {
      if (directive.name() == name) found.push_back(&directive);
    }
  }
  return found;
}

}  // namespace fairlead::doctor
