#include "load/websocket_frames.h"

#include <openssl/evp.h>

#include <array>

#include "core/random.h"

namespace fairlead::load {
namespace {

constexpr std::size_t kMessageBytesMax = 16 * 1024 * 1024;

std::string base64(const unsigned char* bytes, int size) {
  std::string text(static_cast<std::size_t>((size + 2) / 3 * 4) + 1, '\0');  // and EVP's NUL
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, size);
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

}  // namespace

std::string websocket_key() {
  const auto bytes = random_bytes(16);
  return base64(reinterpret_cast<const unsigned char*>(bytes.data()), 16);
}

std::string websocket_accept(std::string_view key) {
  const auto text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  return base64(digest.data(), static_cast<int>(size));
}

void append_frame(std::string& out, Opcode opcode, std::string_view payload, std::uint32_t mask) {
  const auto byte = [&out](std::uint64_t value) { out += static_cast<char>(value & 0xff); };
  byte(0x80U | static_cast<unsigned>(opcode));
  if (payload.size() < 126) {
    byte(0x80U | payload.size());
  } else if (payload.size() <= 0xffff) {
    byte(0x80U | 126U);
    for (int shift = 8; shift >= 0; shift -= 8) byte(payload.size() >> shift);
  } else {
    byte(0x80U | 127U);
    for (int shift = 56; shift >= 0; shift -= 8) byte(payload.size() >> shift);
  }
  std::array<unsigned char, 4> key{};
  for (std::size_t i = 0; i < 4; ++i) {
    key[i] = static_cast<unsigned char>(mask >> (24 - 8 * i) & 0xff);
    out += static_cast<char>(key[i]);
  }
  for (std::size_t i = 0; i < payload.size(); ++i) {
    byte(static_cast<unsigned char>(payload[i]) ^ static_cast<unsigned>(key[i % 4]));
  }
}

bool FrameParser::feed(std::string_view bytes, const Visit& visit) {
  if (!problem_.empty()) return false;
  std::string joined;
  if (!partial_.empty()) {
    joined.swap(partial_);
    joined += bytes;
    bytes = joined;
  }
  bool go_on = true;
  while (go_on && take_frame(bytes, visit, go_on)) {
  }
  if (!go_on || !problem_.empty()) return false;
  partial_ = bytes;
  return true;
}

bool FrameParser::take_frame(std::string_view& bytes, const Visit& visit, bool& go_on) {
  if (bytes.size() < 2) return false;
  const auto first = static_cast<unsigned char>(bytes[0]);
  const auto second = static_cast<unsigned char>(bytes[1]);
  if ((first & 0x70U) != 0) return broken("reserved bits without an extension");
  if ((second & 0x80U) != 0) return broken("a masked frame from the server");
  const auto opcode = static_cast<Opcode>(first & 0x0fU);
  const bool final = (first & 0x80U) != 0;
  std::uint64_t size = second & 0x7fU;
  std::size_t head = 2;
  if (static_cast<unsigned>(opcode) >= 8 && (!final || size > 125)) {
    return broken("a control frame that is long or in fragments");
  }
  if (size >= 126) {
    head = size == 126 ? 4 : 10;
    if (bytes.size() < head) return false;
    size = big_endian(bytes.substr(2, head - 2));
  }
  if (size > kMessageBytesMax || message_.size() + size > kMessageBytesMax)
    return broken("a frame too long to be true");
  if (bytes.size() - head < size) return false;
  const auto payload = bytes.substr(head, size);
  bytes.remove_prefix(head + size);
  go_on = deliver(opcode, final, payload, visit);
  return problem_.empty();
}

bool FrameParser::deliver(Opcode opcode, bool final, std::string_view payload, const Visit& visit) {
  switch (opcode) {
    case Opcode::kClose:
    case Opcode::kPing:
    case Opcode::kPong:
      return visit(opcode, payload);
    case Opcode::kText:
    case Opcode::kBinary:
      if (fragmented_ != Opcode::kContinuation) return broken("a message within a message");
      if (final) return visit(opcode, payload);
      fragmented_ = opcode;
      message_ = payload;
      return true;
    case Opcode::kContinuation:
      if (fragmented_ == Opcode::kContinuation) return broken("a continuation of nothing");
      message_ += payload;
      if (final) {
        const auto kind = fragmented_;
        fragmented_ = Opcode::kContinuation;
        const bool go_on = visit(kind, message_);
        message_.clear();
        return go_on;
      }
      return true;
  }
  return broken("an opcode that does not exist");
}

bool FrameParser::broken(const char* why) {
  problem_ = why;
  return false;
}

}  // namespace fairlead::load
