#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/ids.h"
#include "presence/presence.h"
#include "redis/connection.h"

// What the scripts' answers say, and the names that they are given. Pure functions; an answer of an
// unexpected shape reads as zero or empty.
namespace fairlead::presence {

std::string_view word_of(const redisReply& reply);  // `ok` or `fenced`
std::int64_t int_at(const redisReply& reply, std::size_t index);
std::string string_at(const redisReply& reply, std::size_t index);

// [state, last seen, ["LEASE TRANSPORT SINCE", …], away] of scripts::Script::kQuery
State parse_state(const redisReply& reply, std::int64_t wall_now_ms);

// [field, value, …] of an entry in the log of changes; nullopt: not one of ours.
std::optional<Change> parse_change(const redisReply& fields);

std::string key_of(UserId user);
std::string fresh_lease(std::string_view node);  // never used before; readable, without spaces

}  // namespace fairlead::presence
