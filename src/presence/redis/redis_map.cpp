#include "presence/redis/redis_map.h"

#include <algorithm>
#include <string>
#include <utility>

#include "presence/redis/node.h"
#include "presence/redis/question.h"

namespace fairlead::presence {

RedisMap::RedisMap(RedisOptions options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      loop_([this] {
        mailbox_.run();
        if (node_) node_->flush();
      }),
      mailbox_([this] { loop_.wake(); }) {
  announce_ = std::make_unique<redis::LoopTimer>(loop_, [this] {
    auto changes = changes_.take(loop_.now());
    announce_when_due();
    if (listener_) listener_(std::move(changes));
  });
  node_ = std::make_unique<Node>(loop_, options_, clock_,
                                 Node::Events{[this](bool healthy) { healthy_ = healthy; },
                                              [this](Change change) {
                                                changes_.add(change);
                                                announce_when_due();
                                              }});
}

RedisMap::~RedisMap() {
  stop();
  announce_.reset();
  node_.reset();
  loop_.close();
}

void RedisMap::on_change(Listener listener) {
  listener_ = std::move(listener);
}

void RedisMap::announce_when_due() {
  const auto in = std::chrono::ceil<Millis>(changes_.due() - loop_.now());
  announce_->start(std::max(in, Millis(0)));
}

void RedisMap::start() {
  thread_ = std::thread([this] { run(); });
}

void RedisMap::run() {
  announce_when_due();
  node_->start();
  loop_.run();
  mailbox_.close();
  announce_.reset();
  node_.reset();
  loop_.close();
}

void RedisMap::stop() {
  if (!thread_.joinable()) return;
  mailbox_.post([this] { node_->stop([this] { loop_.stop(); }); });
  thread_.join();
}

void RedisMap::open(UserId user, std::string_view session, std::string_view transport) {
  // With the time: a node that registers again does not take back what has moved since.
  auto with_time = std::string(transport) + ' ' + std::to_string(clock_.wall_ms());
  mailbox_.post([this, user, s = std::string(session), t = std::move(with_time)] {
    node_->open(user, s, t);
  });
}

void RedisMap::close(UserId user, std::string_view session) {
  mailbox_.post([this, user, s = std::string(session)] { node_->close(user, s); });
}

void RedisMap::set_away(UserId user, bool away) {
  mailbox_.post([this, user, away] { node_->set_away(user, away); });
}

void RedisMap::query(std::vector<UserId> users, Answer done) {
  auto question = std::make_shared<Question>(std::move(users), std::move(done));
  if (!healthy_) return;  // its end answers: kUnknown for all
  mailbox_.post([this, question] { node_->query(question); });
}

}  // namespace fairlead::presence
