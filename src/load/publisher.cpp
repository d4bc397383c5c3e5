#include "load/publisher.h"

#include <algorithm>

#include "load/event_reader.h"

namespace fairlead::load {
namespace {

constexpr auto kGiveUpAfter = std::chrono::seconds(30);
constexpr auto kAgainAfter = std::chrono::milliseconds(200);

}  // namespace

Publisher::Publisher(Loop& loop, const Endpoint& endpoint, Settings settings)
    : loop_(loop), settings_(std::move(settings)) {
  for (std::size_t i = 0; i < settings_.in_flight_max; ++i) {
    lanes_.push_back(std::make_unique<Lane>(loop, endpoint));
    idle_.push_back(lanes_.back().get());
  }
}

Publisher::~Publisher() {
  loop_.cancel(next_);
  for (auto& lane : lanes_) loop_.cancel(lane->again);
}

void Publisher::warm_up() {
  std::size_t answers = 0;
  for (auto& lane : lanes_) {
    lane->connection.call({"GET", "/rt/v1/hello", "", "", "warming up"},
                          [&answers](const Outcome<HttpAnswer>&) { ++answers; });
  }
  loop_.run_until([&] { return answers == lanes_.size(); });
}

void Publisher::start(std::uint64_t trial, double rate, std::chrono::nanoseconds time,
                      Tally& tally) {
  tally_ = &tally;
  trial_ = trial;
  began_ = last_answer_ = std::chrono::steady_clock::now();
  ends_ = began_ + time;
  interval_ = std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / rate));
  begun_ = 0;
  rate_limited_ = failed_ = 0;
  lags_.clear();
  closing_ = false;
  pump();
}

bool Publisher::finished() const {
  return closing_ && idle_.size() == lanes_.size();
}

void Publisher::pump() {
  loop_.cancel(next_);
  while (!closing_ && !idle_.empty()) {
    const auto now = std::chrono::steady_clock::now();
    const auto due = began_ + interval_ * begun_;
    if (due >= ends_ || now >= ends_) {
      closing_ = true;
    } else if (due > now) {
      next_ = loop_.after(due - now, [this] {
        next_ = {};
        pump();
      });
      return;
    } else {
      lags_.record((now - due).count());
      ++begun_;
      auto* lane = idle_.back();
      idle_.pop_back();
      send(*lane);
    }
  }
}

void Publisher::send(Lane& lane) {
  const auto now = std::chrono::steady_clock::now();
  lane.number = tally_->send(now);
  lane.given_up_at = now + kGiveUpAfter;
  lane.account = next_account_++ % settings_.tokens.size();
  attempt(lane);
}

void Publisher::attempt(Lane& lane) {
  const auto nonce =
      settings_.run + "-" + std::to_string(trial_) + "-" + std::to_string(lane.number);
  const auto text = marked_text(settings_.run, {trial_, lane.number}, settings_.payload_bytes);
  lane.connection.call(
      {"POST", "/api/v1/rooms/" + settings_.room + "/messages", settings_.tokens[lane.account],
       R"({"text":")" + text + R"(","nonce":")" + nonce + "\"}", "sending"},
      [this, &lane](const Outcome<HttpAnswer>& outcome) { answered(lane, outcome); });
}

void Publisher::answered(Lane& lane, const Outcome<HttpAnswer>& outcome) {
  const int status = outcome ? outcome->head.status : 0;
  if (status == 200 || status == 201) {
    tally_->acknowledged(lane.number);
    return done(lane);
  }
  last_failure_ =
      outcome ? status_failure(outcome->head, outcome->body, "sending") : outcome.error();
  if (status == 429) {
    ++rate_limited_;
    tally_->refused(lane.number);
    return done(lane);
  }
  if (is_final(last_failure_)) {
    ++failed_;
    tally_->refused(lane.number);
    return done(lane);
  }
  // What became of it is not known: the same nonce asks again.
  if (std::chrono::steady_clock::now() >= lane.given_up_at || Loop::interrupted()) {
    ++failed_;
    return done(lane);
  }
  lane.again = loop_.after(kAgainAfter, [this, &lane] {
    lane.again = {};
    attempt(lane);
  });
}

void Publisher::done(Lane& lane) {
  last_answer_ = std::chrono::steady_clock::now();
  idle_.push_back(&lane);
  pump();
}

}  // namespace fairlead::load
