#include "load/sse_parser.h"

namespace fairlead::load {

bool SseParser::feed(std::string_view bytes, const Visit& visit) {
  while (!bytes.empty()) {
    if (after_cr_) {
      after_cr_ = false;
      if (bytes.front() == '\n') {
        bytes.remove_prefix(1);
        continue;
      }
    }
    const auto end = bytes.find_first_of("\r\n");
    if (end == bytes.npos) {
      partial_ += bytes;
      return true;
    }
    after_cr_ = bytes[end] == '\r';
    std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    std::string joined;
    if (!partial_.empty()) {
      joined.swap(partial_);
      joined += line;
      line = joined;
    }
    if (!take_line(line, visit)) return false;
  }
  return true;
}

bool SseParser::take_line(std::string_view line, const Visit& visit) {
  if (at_start_) {
    at_start_ = false;
    if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  }
  if (line.empty()) {
    if (!has_data_) return true;
    has_data_ = false;
    const bool go_on = visit(data_);
    data_.clear();
    return go_on;
  }
  const auto colon = line.find(':');
  const auto field = line.substr(0, colon);
  auto value = colon == line.npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data") {
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
  } else if (field == "id" && value.find('\0') == value.npos) {
    last_id_ = value;
  }
  return true;
}

}  // namespace fairlead::load
