#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/view.h"

// `@name` in a message's text.
namespace fairlead::chat {

// More are not resolved: each costs two look-ups on the writer's thread.
inline constexpr std::size_t kMentionsMax = 20;

// What could be names, in order, each once: after an `@` that does not stand inside a word (an
// e-mail address is no mention), of the characters that names are made of, in lower case. Pure.
std::vector<std::string> mentioned_names(std::string_view text);

// The members of the room among them, each once. A name is tried as it stands, then without the
// dots and dashes at its end, which may be the sentence's.
std::vector<UserId> resolve_mentions(store::View& view, RoomId room, std::string_view text);

}  // namespace fairlead::chat
