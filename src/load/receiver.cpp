#include "load/receiver.h"

#include <algorithm>

#include "core/random.h"
#include "load/http_connection.h"
#include "load/poll_receiver.h"
#include "load/sse_receiver.h"
#include "load/websocket_receiver.h"

namespace fairlead::load {
namespace {

constexpr std::int64_t kFirstWait_ms = 100;
constexpr std::int64_t kWaitMax_ms = 5000;

}  // namespace

Receiver::Receiver(std::size_t number, Loop& loop, const Endpoint& endpoint,
                   const Audience& audience, Listener& listener)
    : number_(number),
      loop_(loop),
      endpoint_(endpoint),
      audience_(audience),
      listener_(listener),
      stream_(loop, endpoint, *this) {}

void Receiver::connect() {
  loop_.cancel(again_);
  last_heard_ = std::chrono::steady_clock::now();
  if (first_try_ == MonoTime{}) first_try_ = last_heard_;
  stream_.open();
}

void Receiver::stop() {
  loop_.cancel(again_);
  if (stream_.is_open()) say_goodbye();
  stream_.close();
}

void Receiver::check_silence(MonoTime now, std::chrono::seconds limit) {
  if (first_try_ == MonoTime{} || again_.id != 0 || now - last_heard_ < limit) return;
  cut({Failure::Kind::kTimeout, "nothing came for " + std::to_string(limit.count()) + " s"});
}

void Receiver::on_open() {
  parser_.reset();
  body_.clear();
  stream_.write(request());
}

void Receiver::on_bytes(std::string_view bytes, MonoTime at) {
  last_heard_ = at;
  take(bytes);
}

void Receiver::take_event(std::string_view json) {
  const auto event = read_event(json);
  if (!event) return cut({Failure::Kind::kProtocol, "an event that is no JSON object with a type"});
  failures_ = 0;
  if (!event->cursor.empty()) cursor_ = event->cursor;
  if (event->type == "message.created") {
    listener_.on_message(number_, event->text, event->seq, last_heard_);
  } else if (event->type == "hello") {
    session_ = event->session;
    if (!live_) {
      live_ = true;
      listener_.on_live(number_, last_heard_ - first_try_);
    }
  } else if (event->type == "bye") {
    asked_wait_ms_ = event->reconnect_in_ms.value_or(-1);
  }
}

void Receiver::cut(Failure why) {
  stream_.close();
  auto wait_ms = std::min(kFirstWait_ms << std::min(failures_, 10), kWaitMax_ms);
  wait_ms =
      wait_ms / 2 + static_cast<std::int64_t>(random_u64() % static_cast<std::uint64_t>(wait_ms));
  wait_ms = std::max(wait_ms, static_cast<std::int64_t>(why.retry_after_s * 1000));
  if (asked_wait_ms_ >= 0) wait_ms = asked_wait_ms_;
  asked_wait_ms_ = -1;
  ++failures_;
  loop_.cancel(again_);
  again_ = loop_.after(std::chrono::milliseconds(wait_ms), [this] {
    again_ = {};
    connect();
  });
  listener_.on_cut(number_, why);
}

std::string Receiver::parameters() const {
  auto text = "?rooms=" + audience_.room + "&events=durable&probe=0";
  if (!cursor_.empty()) text += "&cursor=" + cursor_;
  return text;
}

std::string Receiver::head_of(std::string_view path, std::string_view more) const {
  return request_head(endpoint_.url, "GET", path, audience_.token, more) + "\r\n";
}

std::unique_ptr<Receiver> make_receiver(Transport transport, std::size_t number, Loop& loop,
                                        const Endpoint& endpoint, const Audience& audience,
                                        Receiver::Listener& listener) {
  switch (transport) {
    case Transport::kWebSocket:
      return std::make_unique<WebSocketReceiver>(number, loop, endpoint, audience, listener);
    case Transport::kSse:
      return std::make_unique<SseReceiver>(number, loop, endpoint, audience, listener);
    case Transport::kPoll:
      break;
  }
  return std::make_unique<PollReceiver>(number, loop, endpoint, audience, listener);
}

}  // namespace fairlead::load
