#include "transport/websocket/connection.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "core/log_line.h"
#include "core/socket.h"
#include "core/utf8.h"
#include "protocol/framing.h"
#include "protocol/json.h"
#include "transport/websocket/control_frames.h"

namespace fairlead::websocket {
namespace {

// Answers that a client does not read: commands wait when there are more.
constexpr std::size_t kUnreadAnswersBytes = 64 * 1024;
// Twenty malformed commands spend what two hundred good ones do.
constexpr double kMalformedCost = 10;

constexpr std::uint16_t kProtocolError = 1002;  // RFC 6455 section 7.4.1
constexpr std::uint16_t kUnsupportedData = 1003;
constexpr std::uint16_t kInvalidData = 1007;
constexpr std::uint16_t kMessageTooBig = 1009;
constexpr std::uint16_t kInternalError = 1011;

// Of a client's CLOSE: two bytes of code, then UTF-8.
bool has_legal_reason(std::string_view payload) {
  return payload.size() <= 2 || is_utf8(payload.substr(2));
}

}  // namespace

Connection::Connection(Host& host, std::uint64_t id, Handshake handshake, hub::OpenRequest request)
    : host_(host),
      id_(id),
      opening_(std::make_unique<Opening>(Opening{std::move(handshake), std::move(request)})),
      request_id_(opening_->handshake.request_id),
      budget_(host.options().commands_burst, host.now()),
      heard_(host.now()),
      cbor_(opening_->handshake.subprotocol == Subprotocol::kCbor),
      deflates_(!opening_->handshake.deflate.empty()) {
  ++host_.counters().connections;
}

Connection::~Connection() {
  --host_.counters().connections;
}

// ----------------------------------------------------------------------------------- out

// Straight to the socket; lws gets only the rest of a frame that the socket has not taken whole,
// because it may write a pong at any time. What is behind that frame stays with the session.
hub::Transport::Flush Connection::write(const Pending& pending, std::size_t& taken) {
  if (state_ != State::kOpen) return Flush::kBroken;
  if (lws_partial_buffered(wsi_)) {
    blocked_ = true;
    return Flush::kBlocked;
  }
  const auto frames = pending.frames;
  if (frames.empty()) return Flush::kDone;
  const auto n = send_now(lws_get_socket_fd(wsi_), frames);
  if (n < 0 && errno != EAGAIN && errno != EINTR) {
    kill();
    return Flush::kBroken;
  }
  taken = n > 0 ? static_cast<std::size_t>(n) : 0;
  if (taken > 0 && !greeted_) {
    greeted_ = true;
    update_reading();
  }
  if (taken == frames.size()) return Flush::kDone;
  blocked_ = true;
  const auto begun = protocol::websocket_frame_cut(frames, taken);
  taken += begun.size();
  if (!begun.empty() && !hand_to_lws(begun)) {
    kill();
    return Flush::kBroken;
  }
  lws_callback_on_writable(wsi_);  // lws asks by itself only if the socket did not take that either
  return Flush::kBlocked;
}

bool Connection::proxy_is_behind() const {
  return local_peer_has_unread(lws_get_socket_fd(wsi_));
}

bool Connection::has_read() {
  const auto unread = unread_bytes(lws_get_socket_fd(wsi_));
  return unread < std::exchange(unread_bytes_, unread);
}

void Connection::ping() {
  // Behind a full socket it would measure our own queue; the slow-client timer has that case.
  if (state_ != State::kOpen || lws_partial_buffered(wsi_)) return;
  host_.expect_pong(*this);  // first: its time counts from before the client can have the ping
  if (!hand_to_lws(ping_frame())) kill();
}

void Connection::end(const hub::Ending& ending, std::string_view, std::string_view bye) {
  session_ = nullptr;  // the shard's no longer
  const auto& traits = hub::traits(ending.reason);
  if (ending.reason == hub::EndReason::kRateLimited) ++host_.counters().rate_limited;
  std::string last(bye);
  last += close_frame(traits.close_code, traits.code);
  if (state_ != State::kOpen) return;  // lws is closing it already
  state_ = State::kClosing;
  if (!hand_to_lws(last)) {
    kill();
    return;
  }
  host_.close_by_deadline(*this);
  update_reading();
}

// Raw, as the frames come framed. Nothing is modified or kept: lws copies what the socket does not
// take, and appends when it holds a rest already, so order and frame boundaries hold in any case.
bool Connection::hand_to_lws(std::string_view bytes) {
  auto* data = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
  if (lws_write(wsi_, data, bytes.size(), LWS_WRITE_RAW) < 0) return false;
  if (!watched_ && lws_partial_buffered(wsi_)) {
    watched_ = true;
    host_.watch_blocked(*this);
  }
  return true;
}

void Connection::close(std::uint16_t code, std::string_view reason) {
  leave();
  if (state_ != State::kOpen) return;
  state_ = State::kClosing;
  reader_.forget();
  if (!hand_to_lws(close_frame(code, reason))) {
    kill();
    return;
  }
  host_.close_by_deadline(*this);
  update_reading();
}

// Out of the hub.
void Connection::leave(Word word) {
  auto* session = std::exchange(session_, nullptr);
  // When the engine stops the shard drops its sessions first.
  if (session == nullptr || host_.stopping()) return;
  if (word == Word::kSaid) {
    host_.shard().gone(session);
  } else {
    host_.shard().cut(session);
  }
}

// lws closes it soon, without further words, from its own loop; CLOSED and WSI_DESTROY follow. The
// state stays: a session that is still there leaves with CLOSED, not inside a call from the shard.
void Connection::kill() {
  lws_set_timeout(wsi_, static_cast<pending_timeout>(PENDING_TIMEOUT_USER_REASON_BASE),
                  LWS_TO_KILL_ASYNC);
  // Once more later: lws keeps one timeout a connection and may have overwritten this one.
  host_.close_by_deadline(*this);
}

// ----------------------------------------------------------------------------------- lws

int Connection::on_event(lws* wsi, lws_callback_reasons reason, void* in, std::size_t len) {
  switch (reason) {
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
      wsi_ = wsi;
      break;
    case LWS_CALLBACK_ADD_HEADERS:
      return add_headers(*static_cast<lws_process_html_args*>(in));
    case LWS_CALLBACK_ESTABLISHED:
      established();
      break;
    case LWS_CALLBACK_RECEIVE:
      receive({static_cast<const char*>(in), len});
      break;
    case LWS_CALLBACK_RECEIVE_PONG:
      heard_ = host_.now();
      spoken_ = true;
      if (lws_get_reserved_bits(wsi) != 0) close(kProtocolError, "reserved bits");
      break;
    case LWS_CALLBACK_SERVER_WRITEABLE:
      writable();
      break;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
      // After our CLOSE this is the answer to it: the connection can go. Else lws answers, then
      // closes.
      if (state_ == State::kClosing || !has_legal_reason({static_cast<const char*>(in), len})) {
        return -1;
      }
      leave();
      state_ = State::kClosing;
      break;
    case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL:  // before each CLOSED, and when lws closes (1002,
                                                // 1007): its CLOSE is the last frame
    case LWS_CALLBACK_CLOSED:
      leave(Word::kNone);
      state_ = State::kClosing;
      break;
    default:
      break;
  }
  return 0;
}

int Connection::add_headers(lws_process_html_args& headers) {
  if (deflates_ && !say_how_it_deflates(headers)) return -1;
  if (request_id_.empty()) return 0;
  auto* at = reinterpret_cast<unsigned char*>(headers.p);
  const auto* value = reinterpret_cast<const unsigned char*>(request_id_.data());
  if (lws_add_http_header_by_name(wsi_, reinterpret_cast<const unsigned char*>("X-Request-Id:"),
                                  value, static_cast<int>(request_id_.size()), &at,
                                  at + headers.max_len) != 0) {
    return -1;
  }
  headers.p = reinterpret_cast<char*>(at);
  return 0;
}

// lws has named the extension, in the last line so far, but not its parameters.
bool Connection::say_how_it_deflates(lws_process_html_args& headers) const {
  constexpr std::string_view kSaid = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
  constexpr std::string_view kName = "permessage-deflate";
  auto rest = std::string_view(opening_->handshake.deflate).substr(kName.size());
  const bool is_there = std::string_view(headers.p - kSaid.size(), kSaid.size()) == kSaid;
  if (!is_there || rest.size() > static_cast<std::size_t>(headers.max_len)) return false;
  headers.p -= 2;
  headers.p += rest.copy(headers.p, rest.size());
  *headers.p++ = '\r';
  *headers.p++ = '\n';
  headers.max_len -= static_cast<int>(rest.size());
  return true;
}

void Connection::established() {
  state_ = State::kOpen;
  heard_ = host_.now();
  const auto opening = std::move(opening_);
  auto* session = host_.shard().open(std::move(opening->request), this);
  if (state_ == State::kOpen) {
    session_ = session;
    if (session == nullptr) close(kInternalError, "no session");
  }
  update_reading();
}

void Connection::writable() {
  if (!blocked_ || lws_partial_buffered(wsi_)) return;
  blocked_ = false;
  if (session_ != nullptr) host_.shard().writable(session_);
  update_reading();
}

// ----------------------------------------------------------------------------------- in

void Connection::receive(std::string_view bytes) {
  heard_ = host_.now();
  spoken_ = true;
  if (state_ != State::kOpen || session_ == nullptr) return;
  if ((lws_frame_is_binary(wsi_) != 0) != cbor_) {
    close(kUnsupportedData, cbor_ ? "binary frames only" : "text frames only");
    return;
  }
  const MessageReader::Piece piece{bytes,
                                   lws_remaining_packet_payload(wsi_),
                                   lws_is_first_fragment(wsi_) != 0,
                                   lws_is_final_fragment(wsi_) != 0,
                                   lws_get_reserved_bits(wsi_) != 0,
                                   !cbor_};
  switch (reader_.add(piece, host_.options().message_bytes_max)) {
    case MessageReader::Outcome::kMore:
      return;
    case MessageReader::Outcome::kMessage:
      command(reader_.message());
      reader_.forget();
      return;
    case MessageReader::Outcome::kTooBig:
      close(kMessageTooBig, "messages have at most 64 KiB");
      return;
    case MessageReader::Outcome::kReservedBit:
      close(kProtocolError, "only a message's first frame says that it is compressed");
      return;
    case MessageReader::Outcome::kBroken:
      close(kInvalidData, "no DEFLATE data");
      return;
    case MessageReader::Outcome::kNotUtf8:
      close(kInvalidData, "not UTF-8");
      return;
  }
}

void Connection::command(std::string_view message) {
  ++host_.counters().commands;
  const auto parsed =
      cbor_ ? protocol::parse_cbor_command(message) : protocol::parse_command(message);
  const bool malformed = !parsed && parsed.error().error.code == ErrorCode::kMalformedJson;
  const auto& options = host_.options();
  if (!budget_.take(malformed ? kMalformedCost : 1, heard_, options.commands_per_second,
                    options.commands_burst)) {
    host_.shard().end(session_, hub::EndReason::kRateLimited);  // calls end()
    return;
  }
  if (parsed) {
    run(*parsed);
  } else {
    refuse(parsed.error());
  }
  update_reading();
}

void Connection::run(const protocol::Command& command) {
  switch (command.op) {
    case protocol::CommandOp::kPing:
      reply(protocol::ack_json(command.ref,
                               R"({"server_time":")" + protocol::rfc3339(host_.wall_ms()) + "\"}"));
      return;
    case protocol::CommandOp::kProbe:
      if (host_.shard().prove(session_, command.probe)) {
        reply(protocol::ack_json(command.ref, R"({"proven":true})"));
      } else {
        refuse({command.ref, field_error("probe", "is not the word that hello gave")});
      }
      return;
    case protocol::CommandOp::kReceived:
      ++host_.counters().received;
      if (command.has_ref()) reply(protocol::ack_json(command.ref, {}));
      return;
    default:
      ++unanswered_;
      host_.run(*this, command, *session_);
  }
}

void Connection::refuse(const protocol::CommandRefusal& refusal) {
  ++host_.counters().commands_refused;
  reply(protocol::error_json(refusal.ref, refusal.error, request_id_));
}

void Connection::answered(std::string_view ref, const Result<std::string>& data) {
  --unanswered_;
  if (session_ == nullptr) return;
  reply(data ? protocol::ack_json(ref, *data)
             : protocol::error_json(ref, data.error(), request_id_));
  update_reading();
}

void Connection::reply(const std::string& json) {
  host_.shard().send(session_, json);
}

// Whether lws should read on. A connection that is not read keeps its bytes in the kernel, and TCP
// tells the client. While closing we read on, to see the client's CLOSE.
void Connection::update_reading() {
  bool read = true;
  if (session_ != nullptr) {
    const bool answers_pile_up = blocked_ && session_->outbox.bytes() >= kUnreadAnswersBytes;
    read = greeted_ && unanswered_ < host_.options().unanswered_commands_max && !answers_pile_up;
  }
  if (read == reading_) return;
  reading_ = read;
  if (read) heard_ = host_.now();  // what came meanwhile has not been looked at
  lws_rx_flow_control(wsi_, read ? 1 : 0);
}

// ----------------------------------------------------------------------------------- time

void Connection::pong_is_late(MonoTime since) {
  if (state_ != State::kOpen || heard_ >= since) return;
  if (!reading_ || lws_partial_buffered(wsi_)) {
    host_.expect_pong(
        *this);  // it may have come; we have not looked, or it waits behind our own bytes
    return;
  }
  ++host_.counters().pong_timeouts;
  leave();  // when it was cut nobody knows: its silence would be as long as our patience, always
  state_ = State::kClosing;
  kill();
}

void Connection::closing_is_late() {
  kill();
}

bool Connection::is_still_blocked() {
  if (!lws_partial_buffered(wsi_)) {
    watched_ = false;
    return false;
  }
  char byte;
  if (::recv(lws_get_socket_fd(wsi_), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) kill();
  return true;
}

}  // namespace fairlead::websocket
