#include "auth/strict_json.h"

#include <set>
#include <string>
#include <vector>

namespace fairlead::auth {
namespace {

constexpr std::size_t kDepthMax = 8;

bool names_repeat_or_nest_too_deep(std::string_view text) {
  using protocol::Json;
  std::vector<std::set<std::string>> open;  // the names of each object or array around
  bool bad = false;
  const auto watch = [&](int, Json::parse_event_t event, Json& parsed) {
    switch (event) {
      case Json::parse_event_t::object_start:
      case Json::parse_event_t::array_start:
        open.emplace_back();
        bad = bad || open.size() > kDepthMax;
        break;
      case Json::parse_event_t::object_end:
      case Json::parse_event_t::array_end:
        open.pop_back();
        break;
      case Json::parse_event_t::key:
        bad = bad || !open.back().insert(parsed.get_ref<const std::string&>()).second;
        break;
      case Json::parse_event_t::value:
        break;
    }
    return true;
  };
  // It parses on after something bad: what that costs is bounded by the text's size.
  return Json::parse(text, watch, /*allow_exceptions=*/false).is_discarded() || bad;
}

}  // namespace

std::optional<protocol::Json> parse_strict_json(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) return std::nullopt;  // the parser would skip it
  auto json = protocol::parse_object(text);  // first: it bounds the depth of what is built
  if (!json || names_repeat_or_nest_too_deep(text)) return std::nullopt;
  return std::move(*json);
}

}  // namespace fairlead::auth
