#include "doctor/path/websocket_talk.h"

#include <algorithm>

#include "core/random.h"

namespace fairlead::doctor {
namespace {

constexpr std::size_t kMessagesMax = 64;

std::uint32_t mask() {
  return static_cast<std::uint32_t>(random_u64());
}

}  // namespace

tl::expected<WebSocketTalk, Trouble> WebSocketTalk::open(const Way& way, const std::string& token,
                                                         std::string_view parameters, Limit limit) {
  auto tunnel = Tunnel::open(way, Version::kHttp1, limit);
  if (!tunnel) return tl::unexpected<Trouble>(tunnel.error());
  const auto key = load::websocket_key();
  std::string head = "GET " + way.url.prefix + "/rt/v1/ws?" + std::string(parameters) +
                     " HTTP/1.1\r\nHost: " + way.url.authority() +
                     "\r\nUser-Agent: fairlead-doctor\r\nConnection: Upgrade\r\nUpgrade: websocket"
                     "\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
                     key + "\r\nSec-WebSocket-Protocol: fairlead.v1.json";
  if (!token.empty())
    head += ", fairlead.bearer." + token;  // as a browser, which can set nothing else
  head += "\r\n\r\n";
  if (!tunnel->send(head, limit))
    return tl::unexpected<Trouble>({Trouble::Kind::kCut, "cut while the handshake was sent"});
  return WebSocketTalk(std::move(*tunnel), key);
}

Answer WebSocketTalk::handshake(Limit limit) {
  using Reading = load::ResponseParser::State;
  Answer answer;
  load::ResponseParser parser;
  std::string bytes;
  auto state = Reading::kHead;
  while ((state == Reading::kHead || state == Reading::kBody) &&
         answer.body.size() < Answer::kBodyBytesMax) {
    const auto read = tunnel_.read(bytes, limit);
    if (read == Tunnel::Read::kNothing) {
      answer.trouble = {Trouble::Kind::kTimeout, "no answer to the handshake"};
      break;
    }
    std::string_view rest = bytes;
    state = read == Tunnel::Read::kClosed ? parser.end() : parser.feed(rest, answer.body);
    if (state == Reading::kUpgraded) take(rest);
  }
  if (state == Reading::kBroken && !answer.trouble)
    answer.trouble = {Trouble::Kind::kCut, "closed without an answer to the handshake"};
  answer.status = parser.head().status;
  answer.headers = parser.head().headers;
  if (answer.status == 101) {
    answer.trouble = {};
    accepted_ = answer.header("sec-websocket-accept").value_or("") == load::websocket_accept(key_);
  }
  answer.peer_ip = tunnel_.peer_ip();
  return answer;
}

void WebSocketTalk::take(std::string_view bytes) {
  const bool go_on = frames_.feed(bytes, [&](load::Opcode opcode, std::string_view payload) {
    if (opcode == load::Opcode::kText && messages_.size() < kMessagesMax)
      messages_.emplace_back(payload);
    if (opcode == load::Opcode::kPing && pongs_.size() < kMessagesMax * 128)
      load::append_frame(pongs_, load::Opcode::kPong, payload, mask());
    return opcode != load::Opcode::kClose;
  });
  if (!go_on) closed_ = true;
}

bool WebSocketTalk::say(std::string_view json, Limit limit) {
  std::string frame;
  load::append_frame(frame, load::Opcode::kText, json, mask());
  return tunnel_.send(frame, limit);
}

WebSocketTalk::Next WebSocketTalk::next(std::string& message, Limit limit) {
  std::string bytes;
  while (messages_.empty() && !closed_) {
    const auto read = tunnel_.read(bytes, limit);
    if (read == Tunnel::Read::kNothing) return Next::kNothing;
    if (read == Tunnel::Read::kClosed) {
      closed_ = true;
    } else {
      take(bytes);
    }
    if (!pongs_.empty() && !tunnel_.send(pongs_, limit)) closed_ = true;
    pongs_.clear();
  }
  if (messages_.empty()) return Next::kClosed;
  message = std::move(messages_.front());
  messages_.erase(messages_.begin());
  return Next::kMessage;
}

}  // namespace fairlead::doctor
