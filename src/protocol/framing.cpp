#include "protocol/framing.h"

#include <algorithm>
#include <array>
#include <vector>

namespace fairlead::protocol {
namespace {

// Control characters, which JSON text as dump() writes it holds only escaped.
constexpr char kLineEnd = '\n';
constexpr char kEphemeralMark = '\x1e';  // in front of the line end

struct Line {
  std::string_view json;
  bool ephemeral;
  std::size_t bytes;  // with its end
};

Line first_line(std::string_view lines) {
  const auto end = lines.find(kLineEnd);
  const bool ephemeral = end > 0 && lines[end - 1] == kEphemeralMark;
  return {lines.substr(0, ephemeral ? end - 1 : end), ephemeral, end + 1};
}

}  // namespace

void add_websocket_frame(std::string& out, WebSocketFrame frame, std::string_view payload) {
  const std::uint64_t n = payload.size();
  std::array<char, 10> head;
  std::size_t used = 0;
  head[used++] = static_cast<char>(frame);
  if (n < 126) {
    head[used++] = static_cast<char>(n);
  } else {
    const int bytes = n < 65536 ? 2 : 8;
    head[used++] = static_cast<char>(bytes == 2 ? 126 : 127);
    for (int i = bytes - 1; i >= 0; --i) head[used++] = static_cast<char>(n >> (8 * i) & 0xff);
  }
  out.append(head.data(), used);
  out += payload;
}

std::string_view websocket_frame_cut(std::string_view frames, std::size_t at) {
  std::size_t end = 0;
  while (end < at) {
    const auto byte = [&](std::size_t i) -> std::uint64_t {
      return static_cast<unsigned char>(frames[end + i]);
    };
    std::uint64_t payload = byte(1) & 0x7f;
    std::size_t head = 2;
    if (payload >= 126) {
      const std::size_t bytes = payload == 126 ? 2 : 8;
      payload = 0;
      for (std::size_t i = 0; i < bytes; ++i) payload = payload << 8 | byte(2 + i);
      head += bytes;
    }
    end += head + payload;
  }
  return frames.substr(at, end - at);
}

void add_sse_event(std::string& out, std::string_view json, std::string_view cursor) {
  if (!cursor.empty()) {
    out += "id: ";
    out += cursor;
    out += '\n';
  }
  out += "data: ";
  out += json;
  out += "\n\n";
}

std::size_t sse_event_end(std::string_view events) {
  const auto end = events.find("\n\n");
  return end == std::string_view::npos ? events.size() : end + 2;
}

std::string sse_comment(std::size_t bytes) {
  std::string text(std::max<std::size_t>(bytes, 3), ' ');
  text.front() = ':';
  text[text.size() - 2] = '\n';
  text.back() = '\n';
  return text;
}

std::string sse_retry(std::int64_t ms) {
  return "retry: " + std::to_string(ms) + "\n\n";
}

void add_poll_line(std::string& out, std::string_view json, bool durable) {
  out += json;
  if (!durable) out += kEphemeralMark;
  out += kLineEnd;
}

void add_poll_members(std::string& out, std::string_view lines) {
  for (bool first = true; !lines.empty(); first = false) {
    const auto line = first_line(lines);
    if (!first) out += ',';
    out += line.json;
    lines.remove_prefix(line.bytes);
  }
}

std::size_t keep_ephemeral_lines(std::string& lines, std::size_t max) {
  std::vector<std::string_view> kept;
  for (std::string_view rest = lines; !rest.empty();) {
    const auto line = first_line(rest);
    if (line.ephemeral) kept.push_back(rest.substr(0, line.bytes));
    rest.remove_prefix(line.bytes);
  }
  const auto count = std::min(kept.size(), max);
  std::string newest;
  for (auto i = kept.size() - count; i < kept.size(); ++i) newest += kept[i];
  lines = std::move(newest);
  return count;
}

}  // namespace fairlead::protocol
