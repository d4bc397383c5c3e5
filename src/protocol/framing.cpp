#include "protocol/framing.h"

#include <algorithm>

namespace fairlead::protocol {

std::string websocket_text_frame(std::string_view json) {
  const std::uint64_t n = json.size();
  std::string frame;
  frame.reserve(json.size() + 10);
  frame += '\x81';
  if (n < 126) {
    frame += static_cast<char>(n);
  } else {
    const int bytes = n < 65536 ? 2 : 8;
    frame += static_cast<char>(bytes == 2 ? 126 : 127);
    for (int i = bytes - 1; i >= 0; --i) frame += static_cast<char>(n >> (8 * i) & 0xff);
  }
  frame += json;
  return frame;
}

std::string sse_event(std::string_view json, std::string_view cursor) {
  std::string text;
  text.reserve(json.size() + cursor.size() + 16);
  if (!cursor.empty()) {
    text += "id: ";
    text += cursor;
    text += '\n';
  }
  text += "data: ";
  text += json;
  text += "\n\n";
  return text;
}

std::string sse_comment(std::size_t bytes) {
  std::string text(std::max<std::size_t>(bytes, 3), ' ');
  text.front() = ':';
  text[text.size() - 2] = '\n';
  text.back() = '\n';
  return text;
}

std::string sse_retry(std::int64_t ms) { return "retry: " + std::to_string(ms) + "\n\n"; }

}  // namespace fairlead::protocol
