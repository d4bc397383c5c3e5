#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace fairlead::load {

// Reads an event stream (HTML standard, section 9.2.6) out of whatever pieces it arrives in: CR, LF
// or CRLF, comments, several data lines. Only `data` and `id` are kept. Pure.
class SseParser {
 public:
  // `data` is valid during the call. False: stop here, the rest of the pieces is dropped.
  using Visit = std::function<bool(std::string_view data)>;

  // False if `visit` has said to stop.
  bool feed(std::string_view bytes, const Visit& visit);
  const std::string& last_id() const { return last_id_; }
  void reset() { *this = SseParser(); }

 private:
  bool take_line(std::string_view line, const Visit& visit);

  std::string partial_;  // a line that is not over yet
  std::string data_;
  std::string last_id_;
  bool has_data_ = false;
  bool after_cr_ = false;  // a LF that comes now belongs to the CR before it
  bool at_start_ = true;   // a byte order mark may come
};

}  // namespace fairlead::load
