#include "load/http_response.h"

#include <strings.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "core/text.h"

namespace fairlead::load {
namespace {

constexpr std::size_t kHeadBytesMax = 64 * 1024;

std::optional<std::size_t> number(std::string_view text, int base) {
  std::size_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value, base);
  if (text.empty() || problem != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::string_view> ResponseHead::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return std::nullopt;
}

bool ResponseHead::has_token(std::string_view name, std::string_view token) const {
  for (const auto& [key, value] : headers) {
    const auto is = [&](std::string_view entry) { return same_ignoring_case(entry, token); };
    if (key == name && any_entry(value, is)) return true;
  }
  return false;
}

ResponseParser::State ResponseParser::feed(std::string_view& bytes, std::string& body) {
  while (!bytes.empty() && (state_ == State::kHead || state_ == State::kBody)) {
    const bool data =
        state_ == State::kBody &&
        (part_ == Part::kLength || part_ == Part::kChunkData || part_ == Part::kUntilClose);
    if (data) {
      take_data(bytes, body);
    } else if (take_line(bytes)) {
      state_ == State::kHead ? head_line() : body_line();
      line_.clear();
    }
  }
  return state_;
}

ResponseParser::State ResponseParser::end() {
  if (state_ == State::kBody && part_ == Part::kUntilClose) state_ = State::kDone;
  if (state_ == State::kHead || state_ == State::kBody) state_ = State::kBroken;
  return state_;
}

bool ResponseParser::keep_alive() const {
  if (state_ != State::kDone || part_ == Part::kUntilClose) return false;
  if (head_.has_token("connection", "close")) return false;
  return !head_.http_1_0 || head_.has_token("connection", "keep-alive");
}

bool ResponseParser::take_line(std::string_view& bytes) {
  const auto newline = bytes.find('\n');
  const auto piece = bytes.substr(0, newline);
  head_bytes_ += piece.size();
  if (head_bytes_ > kHeadBytesMax) {
    state_ = State::kBroken;
    return false;
  }
  line_ += piece;
  bytes.remove_prefix(newline == bytes.npos ? bytes.size() : newline + 1);
  if (newline == bytes.npos) return false;
  if (line_.ends_with('\r')) line_.pop_back();
  return true;
}

void ResponseParser::take_data(std::string_view& bytes, std::string& body) {
  const auto size = part_ == Part::kUntilClose ? bytes.size() : std::min(bytes.size(), left_bytes_);
  body += bytes.substr(0, size);
  bytes.remove_prefix(size);
  if (part_ == Part::kUntilClose) return;
  left_bytes_ -= size;
  if (left_bytes_ > 0) return;
  if (part_ == Part::kLength) {
    state_ = State::kDone;
  } else {
    part_ = Part::kChunkEnd;
  }
}

void ResponseParser::head_line() {
  if (head_.status == 0) {
    const std::string_view line = line_;
    const bool known = line.size() >= 12 && line.starts_with("HTTP/1.") && line[8] == ' ';
    const auto status = known ? number(line.substr(9, 3), 10) : std::nullopt;
    if (!status || *status < 100 || *status > 599) {
      state_ = State::kBroken;
      return;
    }
    head_.http_1_0 = line[7] == '0';
    head_.status = static_cast<int>(*status);
  } else if (line_.empty()) {
    head_is_whole();
  } else if (const auto colon = line_.find(':'); colon == line_.npos || colon == 0) {
    state_ = State::kBroken;
  } else {
    auto name = line_.substr(0, colon);
    for (auto& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    head_.headers.emplace_back(std::move(name), trimmed(std::string_view(line_).substr(colon + 1)));
  }
}

void ResponseParser::head_is_whole() {
  if (head_.status == 101) {
    state_ = State::kUpgraded;
    return;
  }
  head_bytes_ = 0;
  if (head_.status < 200) {
    head_ = {};
    return;
  }
  state_ = State::kBody;
  if (head_.status == 204 || head_.status == 304) {
    state_ = State::kDone;
  } else if (head_.has_token("transfer-encoding", "chunked")) {
    part_ = Part::kChunkSize;
  } else if (const auto length = head_.header("content-length")) {
    const auto size = number(*length, 10);
    left_bytes_ = size.value_or(0);
    if (!size) {
      state_ = State::kBroken;
    } else if (*size == 0) {
      state_ = State::kDone;
    }
  } else {
    part_ = Part::kUntilClose;
  }
}

void ResponseParser::body_line() {
  head_bytes_ = 0;
  if (part_ == Part::kTrailer) {
    if (line_.empty()) state_ = State::kDone;
  } else if (part_ == Part::kChunkEnd) {
    part_ = Part::kChunkSize;
    if (!line_.empty()) state_ = State::kBroken;
  } else {
    const auto size = number(trimmed(std::string_view(line_).substr(0, line_.find(';'))), 16);
    left_bytes_ = size.value_or(0);
    if (!size) {
      state_ = State::kBroken;
    } else {
      part_ = *size == 0 ? Part::kTrailer : Part::kChunkData;
    }
  }
}

}  // namespace fairlead::load
