#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

// The little that a load test must know of an event's JSON, read in one pass without building a
// tree: at a million deliveries a second that would be the load test's limit. Pure functions.
namespace fairlead::load {

// Calls `visit` with each member of an object, the value as it stands in the text. False: not an
// object.
bool each_member(std::string_view json,
                 const std::function<void(std::string_view key, std::string_view value)>& visit);
// … with each element of an array. False: not an array.
bool each_element(std::string_view json,
                  const std::function<void(std::string_view element)>& visit);

// The inside of a JSON string that needs no unescaping; empty for anything else.
std::string_view plain_string(std::string_view json);

struct Event {
  std::string_view type;
  std::string_view cursor;                      // empty: ephemeral
  std::string_view session;                     // of hello
  std::string_view text;                        // of message.created
  std::uint64_t seq = 0;                        // of message.created: the place in its room
  std::optional<std::int64_t> reconnect_in_ms;  // of bye
};
// Views into `json`. Nothing if it is no event.
std::optional<Event> read_event(std::string_view json);

struct PollAnswer {
  std::string_view session;
  std::string_view cursor;
  std::string_view events;  // the array
};
std::optional<PollAnswer> read_poll_answer(std::string_view json);

// Which message it is: of which run of the program, which trial in it, which number there.
struct Mark {
  std::uint64_t trial = 0;
  std::uint64_t number = 0;
};
inline constexpr std::size_t kMarkedTextBytesMin = 56;  // room for every mark

// A message's text: the mark, filled up to `bytes`.
std::string marked_text(std::string_view run, Mark mark, std::size_t bytes);
std::optional<Mark> read_mark(std::string_view run, std::string_view text);

}  // namespace fairlead::load
