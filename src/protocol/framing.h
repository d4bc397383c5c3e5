#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// How one event's JSON is wrapped for each transport. Pure functions; those that begin with `add`
// append to `out`.
namespace fairlead::protocol {

inline constexpr char kJsonSubprotocol[] = "fairlead.v1.json";  // in text frames
inline constexpr char kCborSubprotocol[] = "fairlead.v1.cbor";  // in binary frames

// The first byte of a whole message: FIN, RSV1 (RFC 7692: compressed) and the opcode.
enum class WebSocketFrame : std::uint8_t { kText = 0x81, kBinary = 0x82, kDeflatedText = 0xc1 };
// RFC 6455 section 5.2: one unmasked, unfragmented frame.
void add_websocket_frame(std::string& out, WebSocketFrame frame, std::string_view payload);
// The rest of the frame that is cut at `at`, empty if one ends there; `frames` are whole frames of
// ours.
std::string_view websocket_frame_cut(std::string_view frames, std::size_t at);

// WHATWG HTML, section 9.2: `id:` (durable events only: `cursor` not empty) and one `data:` line.
// JSON as dump() writes it holds no raw line break.
void add_sse_event(std::string& out, std::string_view json, std::string_view cursor);
// The end of the event that is begun at the front of `events`.
std::size_t sse_event_end(std::string_view events);
// A comment line of `bytes` bytes in all (at least 3): invisible to the client's code.
std::string sse_comment(std::size_t bytes);
std::string sse_retry(std::int64_t ms);

// Long poll: a line, until the answer is put together. Its last character says whether the log has
// the event, and so brings it again to who comes back with an older cursor.
void add_poll_line(std::string& out, std::string_view json, bool durable);
// The lines as members of a JSON array.
void add_poll_members(std::string& out, std::string_view lines);
// What is worth keeping for the next poll: the newest `max` events that the log does not have, and
// their number.
std::size_t keep_ephemeral_lines(std::string& lines, std::size_t max);

}  // namespace fairlead::protocol
