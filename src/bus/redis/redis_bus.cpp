#include "bus/redis/redis_bus.h"

#include <pthread.h>

#include <utility>

#include "bus/codec.h"
#include "core/log_line.h"
#include "redis/names.h"

namespace fairlead::bus {
namespace {

constexpr std::size_t kEntriesInFlight = 4;

// Parts of a large commit, each small enough for an entry.
std::vector<Committed> parts_of(const Committed& all) {
  std::vector<Committed> parts;
  std::size_t bytes = kEntryBytes;
  for (const auto& event : all.events) {
    if (bytes + event->json.size() > kEntryBytes) {
      parts.emplace_back();
      bytes = 0;
    }
    bytes += event->json.size();
    parts.back().events.push_back(event);
  }
  return parts;
}

}  // namespace

RedisBus::RedisBus(RedisBusOptions options)
    : options_(std::move(options)),
      sender_(redis::fresh_name()),
      loop_([this] {
        mailbox_.run();
        flush();
      }),
      mailbox_([this] { loop_.wake(); }) {
  link_ = std::make_unique<StreamLink>(
      loop_, options_,
      StreamLink::Events{[this] { healthy_ = true; },
                         [this] {
                           healthy_ = false;
                           dropped_ += encoded_.size();
                           encoded_.clear();
                           encoded_bytes_ = 0;
                         },
                         [this](auto sender, auto text) { heard(sender, text); }});
}

RedisBus::~RedisBus() {
  stop();
  link_.reset();
  loop_.close();
}

void RedisBus::on_message(Listener listener) {
  listener_ = std::move(listener);
}

void RedisBus::start() {
  thread_ = std::thread([this] { run(); });
}

void RedisBus::run() {
  pthread_setname_np(pthread_self(), "bus");
  link_->start();
  loop_.run();
  mailbox_.close();
  link_->stop();
  link_.reset();
  loop_.close();
}

void RedisBus::stop() {
  if (!thread_.joinable()) return;
  mailbox_.post([this] { loop_.stop(); });
  thread_.join();
  healthy_ = false;
}

Stats RedisBus::stats() const {
  return {sent_, received_, dropped_, malformed_};
}

void RedisBus::publish(Message message) {
  if (!healthy_ || waiting_ >= kWaitingMax) {
    ++dropped_;
    return;
  }
  ++waiting_;
  const auto shared = std::make_shared<const Message>(std::move(message));
  mailbox_.post([this, shared] {
    --waiting_;
    queue(*shared);
  });
}

void RedisBus::queue(const Message& message) {
  if (!link_->up() || encoded_.size() >= kWaitingMax || encoded_bytes_ >= kWaitingBytesMax) {
    ++dropped_;
    return;
  }
  if (const auto* committed = std::get_if<Committed>(&message)) {
    for (auto& part : parts_of(*committed)) queue(encode(std::move(part)));
  } else {
    queue(encode(message));
  }
}

void RedisBus::queue(std::string text) {
  encoded_bytes_ += text.size();
  encoded_.push_back(std::move(text));
}

void RedisBus::flush() {
  while (link_ && link_->up() && !encoded_.empty() && entries_in_flight_ < kEntriesInFlight) {
    std::vector<std::string> entry;
    std::size_t bytes = 0;
    while (!encoded_.empty() && (entry.empty() || bytes + encoded_.front().size() <= kEntryBytes)) {
      bytes += encoded_.front().size();
      entry.push_back(std::move(encoded_.front()));
      encoded_.pop_front();
    }
    encoded_bytes_ -= bytes;
    sent_ += entry.size();
    ++entries_in_flight_;
    link_->add(sender_, std::move(entry), [this] {
      --entries_in_flight_;
      flush();
    });
  }
}

void RedisBus::heard(std::string_view sender, std::string_view text) {
  if (sender == sender_) return;
  auto message = decode(text, options_.epoch);
  if (!message) {
    if (malformed_++ == 0) log_warn("bus_message_malformed why=\"{}\"", message.error().detail);
    return;
  }
  ++received_;
  if (listener_) listener_(std::move(*message));
}

}  // namespace fairlead::bus
