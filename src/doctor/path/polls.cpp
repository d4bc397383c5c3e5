#include "doctor/path/polls.h"

#include <algorithm>
#include <cctype>

#include "protocol/json.h"

namespace fairlead::doctor {
namespace {

// Into a URL goes only what needs no escape there; anything else is not the server's.
bool is_plain(const std::string& text) {
  return !text.empty() && text.size() <= 128 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '~' || c == '-';
         });
}

}  // namespace

std::optional<PollAnswer> read_poll(const Answer& answer) {
  if (answer.status != 200 || answer.trouble) return std::nullopt;
  const auto body = protocol::parse_object(answer.body);
  if (!body) return std::nullopt;
  for (const auto* key : {"session", "cursor"}) {
    if (!body->contains(key) || !body->at(key).is_string() ||
        !is_plain(body->at(key).get<std::string>()))
      return std::nullopt;
  }
  return PollAnswer{body->at("session").get<std::string>(), body->at("cursor").get<std::string>(),
                    body->contains("superseded") && body->at("superseded") == true};
}

std::string held_poll(const PollAnswer& from, int timeout_s) {
  return "/rt/v1/poll?events=durable&session=" + from.session + "&cursor=" + from.cursor +
         "&timeout=" + std::to_string(timeout_s) + "&word=" + fresh_word();
}

}  // namespace fairlead::doctor
