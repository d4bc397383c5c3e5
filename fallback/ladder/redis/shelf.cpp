#include "fallback/ladder/redis/shelf.h"

#include <pthread.h>

#include <utility>
#include <vector>

#include "core/log_line.h"
#include "redis/tie.h"

namespace fairlead::ladder {
namespace {

using redis::text;

constexpr char kDay_s[] = "86400";
constexpr char kPiece[] = "500";                // records, about
constexpr Millis kReadAgainAfterError(10'000);  // it loads its data, perhaps

}  // namespace

Shelf::Shelf(ShelfOptions options, Found found)
    : options_(std::move(options)),
      found_(std::move(found)),
      loop_([this] { mailbox_.run(); }),
      mailbox_([this] { loop_.wake(); }),
      backoff_(options_.backoff_max) {
  connection_ = std::make_unique<redis::Connection>(
      loop_, options_.address, options_.answer_timeout,
      redis::Connection::Events{[this] { read(); }, [this](const auto& why) { lost(why); }});
  retry_ = std::make_unique<redis::LoopTimer>(loop_, [this] { connection_->connect(); });
  read_again_ = std::make_unique<redis::LoopTimer>(loop_, [this] { read(); });
}

Shelf::~Shelf() {
  stop();
  read_again_.reset();
  retry_.reset();
  connection_.reset();
  loop_.close();
}

void Shelf::start() {
  thread_ = std::thread([this] { run(); });
}

void Shelf::run() {
  pthread_setname_np(pthread_self(), "ladder");
  connection_->connect();
  loop_.run();
  mailbox_.close();
  connection_->drop();
  read_again_.reset();
  retry_.reset();
  connection_.reset();
  loop_.close();
}

void Shelf::stop() {
  if (!thread_.joinable()) return;
  mailbox_.post([this] { loop_.stop(); });
  thread_.join();
}

void Shelf::lost(const std::string& why) {
  read_again_->stop();
  retry_->start(backoff_.next());
  if (backoff_.is_worth_a_word()) {
    log_warn("ladder_redis_lost why=\"{}\" attempts={}", why, backoff_.attempts());
  }
}

void Shelf::read() {
  read_on("0", 0);
}

void Shelf::read_on(const std::string& cursor, std::size_t seen) {
  connection_->send({"HSCAN", options_.key, cursor, "COUNT", kPiece},
                    [this, seen](const redisReply* reply) {
                      if (reply == nullptr) return;  // lost() follows
                      if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2) {
                        log_warn("ladder_not_read why=\"{}\"", text(*reply));
                        read_again_->start(kReadAgainAfterError);
                        return;
                      }
                      backoff_.reset();
                      const std::string next(text(*reply->element[0]));
                      const auto& records = *reply->element[1];
                      look_at(records, seen);
                      if (next != "0") return read_on(next, seen + records.elements / 2);
                      read_again_->start(options_.read_every);
                    });
}

void Shelf::look_at(const redisReply& records, std::size_t seen) {
  std::vector<std::string> gone{"HDEL", options_.key};
  for (std::size_t i = 0; i + 1 < records.elements; i += 2) {
    const auto field = text(*records.element[i]);
    const auto network = Network::from_wire(field);
    const bool stays =
        network && seen + i / 2 < kRecordsMax && found_(*network, text(*records.element[i + 1]));
    if (!stays) gone.emplace_back(field);
  }
  if (gone.size() > 2) connection_->send(gone, [](const redisReply*) {});
}

void Shelf::put(Network network, std::string findings) {
  mailbox_.post([this, network, findings = std::move(findings)]() mutable {
    if (!connection_->up() || connection_->pending() > kPendingMax) return;
    connection_->send({"HSET", options_.key, network.to_wire(), std::move(findings)},
                      [](const redisReply*) {});
    connection_->send({"EXPIRE", options_.key, kDay_s}, [](const redisReply*) {});
  });
}

}  // namespace fairlead::ladder
