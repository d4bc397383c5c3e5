#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

// The client's half of RFC 6455. Pure functions, but for the key, which is random.
namespace fairlead::load {

enum class Opcode : std::uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10,
};

std::string websocket_key();                         // section 4.1: 16 random bytes, base 64
std::string websocket_accept(std::string_view key);  // what the server must answer to it

// A whole frame, masked as a client's must be (section 5.3).
void append_frame(std::string& out, Opcode opcode, std::string_view payload, std::uint32_t mask);

// Reads a server's frames out of whatever pieces they arrive in, and puts fragments together.
class FrameParser {
 public:
  // A message, or a control frame; `payload` is valid during the call. False: stop here.
  using Visit = std::function<bool(Opcode opcode, std::string_view payload)>;

  // False if `visit` has said to stop, or the server broke the protocol: then problem() says how.
  bool feed(std::string_view bytes, const Visit& visit);
  const std::string& problem() const { return problem_; }
  void reset() { *this = FrameParser(); }

 private:
  // Takes one frame off the front of `bytes`. False: there is no whole one, or it breaks the
  // protocol.
  bool take_frame(std::string_view& bytes, const Visit& visit, bool& go_on);
  bool deliver(Opcode opcode, bool final, std::string_view payload, const Visit& visit);
  bool broken(const char* why);

  std::string partial_;                        // of a frame that is not whole yet
  std::string message_;                        // of a fragmented message
  Opcode fragmented_ = Opcode::kContinuation;  // its kind; kContinuation: there is none
  std::string problem_;
};

}  // namespace fairlead::load
