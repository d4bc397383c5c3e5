#include "http/framing_guard.h"

#include <algorithm>
#include <utility>

#include "core/release.h"
#include "http/request_id.h"

namespace fairlead::http {
namespace {

// The longest method and version that a request line may have beside its target.
constexpr std::size_t kRequestLineRestBytesMax = 32;

bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

}  // namespace

FramingGuard::Progress FramingGuard::feed(std::string_view& bytes) {
  Progress progress = Progress::kNeedMore;
  if (state_ == State::kStart || state_ == State::kStartCr) progress = feed_start(bytes);
  if (state_ == State::kHead) progress = feed_head(bytes);
  if (state_ == State::kBody) progress = feed_body(bytes);
  return state_ == State::kRejected ? Progress::kRejected : progress;
}

// One empty line before a request line is ignored: old clients send it after a body (RFC 9112
// section 2.2).
FramingGuard::Progress FramingGuard::feed_start(std::string_view& bytes) {
  if (bytes.empty()) return Progress::kNeedMore;
  if (state_ == State::kStart) {
    if (bytes.front() != '\r') {
      state_ = State::kHead;
      return Progress::kNeedMore;
    }
    bytes.remove_prefix(1);
    state_ = State::kStartCr;
    if (bytes.empty()) return Progress::kNeedMore;
  }
  if (bytes.front() != '\n') return reject(error(ErrorCode::kBadRequest, "A line ends without LF"));
  bytes.remove_prefix(1);
  state_ = State::kHead;
  return Progress::kNeedMore;
}

FramingGuard::Progress FramingGuard::feed_head(std::string_view& bytes) {
  // The common case: the whole head is in hand and is parsed where it lies.
  const bool in_pieces = !head_text_.empty();
  const std::size_t held = head_text_.size();
  if (in_pieces) {
    // One byte beyond the limit is enough to see that it is passed.
    head_text_.append(bytes.substr(0, limits_->head_bytes_max + 4 - held + 1));
  }
  const std::string_view text = in_pieces ? std::string_view{head_text_} : bytes;
  if (!text.empty() &&
      !is_letter(text.front())) {  // TLS, a second empty line: no need to wait for more
    return reject(error(ErrorCode::kBadRequest, "The request line is malformed"));
  }

  for (;;) {
    const std::size_t lf = text.find('\n', scanned_);
    const std::size_t line_end = lf == std::string_view::npos ? text.size() : lf;
    if (!line_seen_ && line_end > limits_->target_bytes_max + kRequestLineRestBytesMax) {
      return reject(error(ErrorCode::kUriTooLong, "The request line is too long"));
    }
    if (line_end > limits_->head_bytes_max + 3) {
      return reject(error(ErrorCode::kHeaderFieldsTooLarge, "The headers are too large"));
    }
    if (lf == std::string_view::npos) break;
    if (text[lf - 1] != '\r') {
      return reject(error(ErrorCode::kBadRequest, "A line ends without CR"));
    }
    const bool empty_line = text[lf - 2] == '\n';  // a letter stands in front: lf is at least 2
    line_seen_ = true;
    scanned_ = lf + 1;
    if (!empty_line) continue;

    const std::size_t head_bytes = lf + 1;
    const Progress progress = begin_body(text.substr(0, head_bytes - 2));
    if (progress == Progress::kRejected) return progress;
    bytes.remove_prefix(head_bytes - held);
    release(head_text_);
    return progress;
  }
  if (!in_pieces) head_text_ = bytes;
  bytes = {};
  return Progress::kNeedMore;
}

FramingGuard::Progress FramingGuard::begin_body(std::string_view head_text) {
  if (auto refusal = parse_request_head(head_text, *limits_, head_))
    return reject(std::move(*refusal));
  state_ = State::kBody;
  continue_due_ = head_.expects_continue && head_.body_bytes > 0;
  return Progress::kNeedMore;
}

// The body grows as it arrives: what a Content-Length promises is never reserved (CWE-789).
FramingGuard::Progress FramingGuard::feed_body(std::string_view& bytes) {
  std::string& body = head_.request.body;
  const std::string_view piece = bytes.substr(0, head_.body_bytes - body.size());
  body.append(piece);
  bytes.remove_prefix(piece.size());
  if (!piece.empty()) continue_due_ = false;
  return body.size() == head_.body_bytes ? Progress::kComplete : Progress::kNeedMore;
}

Request FramingGuard::take_request() {
  Request request = std::move(head_.request);
  head_ = RequestHead{};
  state_ = State::kStart;
  scanned_ = 0;
  line_seen_ = false;
  continue_due_ = false;
  return request;
}

bool FramingGuard::take_continue_due() {
  return std::exchange(continue_due_, false);
}

FramingGuard::Progress FramingGuard::reject(Error error) {
  state_ = State::kRejected;
  rejection_ = std::move(error);
  release(head_text_);
  release(head_.request.body);
  if (head_.request.id.empty()) head_.request.id = make_request_id();
  return Progress::kRejected;
}

}  // namespace fairlead::http
