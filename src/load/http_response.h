#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fairlead::load {

struct ResponseHead {
  int status = 0;
  bool http_1_0 = false;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case

  std::optional<std::string_view> header(std::string_view name) const;  // the first of that name
  bool has_token(std::string_view name,
                 std::string_view token) const;  // in its comma-separated list
};

// Reads one HTTP/1.x response out of whatever pieces it arrives in: by Content-Length, chunked, or
// until the close (RFC 9112 section 6.3). Interim answers (1xx) are passed over, but for 101. Pure.
class ResponseParser {
 public:
  enum class State { kHead, kBody, kDone, kUpgraded, kBroken };

  // Takes what belongs to this response off the front of `bytes`, and appends what that says of the
  // body to `body`. Returns when the pieces are used up or the response is over.
  State feed(std::string_view& bytes, std::string& body);
  // The connection was closed: kDone if that is how this response ends, else kBroken.
  State end();

  State state() const { return state_; }
  const ResponseHead& head() const { return head_; }  // whole from kBody on
  bool keep_alive() const;  // when kDone: may the connection carry another?
  bool untouched() const { return state_ == State::kHead && line_.empty() && head_.status == 0; }
  void reset() { *this = ResponseParser(); }

 private:
  enum class Part { kLength, kChunkSize, kChunkData, kChunkEnd, kTrailer, kUntilClose };

  bool take_line(std::string_view& bytes);
  void take_data(std::string_view& bytes, std::string& body);
  void head_line();
  void head_is_whole();
  void body_line();

  State state_ = State::kHead;
  Part part_ = Part::kLength;
  ResponseHead head_;
  std::string line_;  // the line so far, at its end without CRLF
  std::size_t head_bytes_ = 0;
  std::size_t left_bytes_ = 0;  // of the body or the chunk
};

}  // namespace fairlead::load
