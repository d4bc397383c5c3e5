#include "load/crowd.h"

namespace fairlead::load {
namespace {

constexpr std::size_t kConnectingMax = 100;
constexpr auto kConnectPatience = std::chrono::seconds(30);  // without any success
constexpr auto kAnswerPatience = std::chrono::seconds(15);   // of one that connects
constexpr auto kSilencePatience =
    std::chrono::seconds(60);  // of one that listens: three heartbeats

}  // namespace

Crowd::Crowd(Loop& loop, const Endpoint& endpoint, const Audience& audience, Transport transport,
             std::size_t size)
    : loop_(loop) {
  receivers_.reserve(size);
  for (std::size_t i = 0; i < size; ++i) {
    receivers_.push_back(make_receiver(transport, i, loop, endpoint, audience, *this));
  }
}

Crowd::~Crowd() {
  loop_.cancel(sweeping_);
  for (auto& receiver : receivers_) receiver->stop();
}

Outcome<void> Crowd::connect() {
  last_live_ = std::chrono::steady_clock::now();
  sweep();
  begin_some();
  bool late = false;
  loop_.run_until([this, &late] {
    late = std::chrono::steady_clock::now() - last_live_ > kConnectPatience;
    return live_ == receivers_.size() || hopeless_ || late;
  });
  if (live_ == receivers_.size()) return {};
  if (Loop::interrupted()) return Failed({Failure::Kind::kInterrupted});
  auto why = last_failure_.value_or(Failure{Failure::Kind::kTimeout});
  if (late && live_ > 0) {
    why.during = "connecting (" + std::to_string(live_) + " of " +
                 std::to_string(receivers_.size()) + " receivers are in, then none for 30 s)";
  } else {
    why.during = "connecting";
  }
  return Failed(std::move(why));
}

void Crowd::count(const std::string& run, std::uint64_t trial, Tally* tally) {
  run_ = run;
  trial_ = trial;
  tally_ = tally;
}

void Crowd::on_live(std::size_t, std::chrono::nanoseconds took) {
  ++live_;
  last_live_ = std::chrono::steady_clock::now();
  connect_times_.record(took.count());
  begin_some();
}

void Crowd::on_message(std::size_t receiver, std::string_view text, std::uint64_t seq,
                       MonoTime at) {
  if (tally_ == nullptr) return;
  const auto mark = read_mark(run_, text);
  if (mark && mark->trial == trial_) tally_->arrived(receiver, mark->number, seq, at);
}

void Crowd::on_cut(std::size_t receiver, const Failure& why) {
  last_failure_ = why;
  if (receivers_[receiver]->live()) {
    ++reconnects_;
  } else {
    hopeless_ = hopeless_ || is_final(why);
  }
}

void Crowd::begin_some() {
  while (begun_ < receivers_.size() && begun_ - live_ < kConnectingMax)
    receivers_[begun_++]->connect();
}

void Crowd::sweep() {
  const auto now = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < begun_; ++i) {
    receivers_[i]->check_silence(now, receivers_[i]->live() ? kSilencePatience : kAnswerPatience);
  }
  sweeping_ = loop_.after(std::chrono::seconds(1), [this] { sweep(); });
}

}  // namespace fairlead::load
