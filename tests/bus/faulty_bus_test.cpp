#include "bus/faulty/faulty_bus.h"

#include <gmock/gmock.h>

namespace fairlead::bus {
namespace {

class RecordingBus final : public Bus {
 public:
  explicit RecordingBus(std::vector<Message>& said) : said_(said) {}
  void on_message(Listener) override {}
  void start() override {}
  void stop() override {}
  void publish(Message message) override { said_.push_back(std::move(message)); }
  bool healthy() const override { return true; }
  Stats stats() const override { return {}; }

 private:
  std::vector<Message>& said_;
};

Committed hint(std::int64_t position) {
  auto event = std::make_shared<store::Event>();
  event->position = LogPosition(position);
  return {{std::move(event)}};
}

TEST(FaultyBus, SomeHintsGetLostSomeComeLateAndTheRestAsTheyAre) {
  std::vector<Message> said;
  FaultyBus bus(std::make_unique<RecordingBus>(said), 40);
  constexpr std::int64_t kHints = 2000;
  for (std::int64_t i = 1; i <= kHints; ++i) bus.publish(hint(i));
  std::int64_t late = 0, highest = 0;
  for (const auto& message : said) {
    const auto at = std::get<Committed>(message).events.front()->position.value();
    if (at < highest) ++late;
    highest = std::max(highest, at);
  }
  EXPECT_GT(late, 50);
  EXPECT_LT(said.size(), static_cast<std::size_t>(kHints - 50));
  EXPECT_GT(said.size(), static_cast<std::size_t>(kHints / 2));
}

TEST(FaultyBus, WhatIsNotAboutTheLogIsPassedOn) {
  std::vector<Message> said;
  FaultyBus bus(std::make_unique<RecordingBus>(said), 100);
  for (int i = 0; i < 100; ++i) bus.publish(SessionMoved{"s", i});
  EXPECT_EQ(said.size(), 100U);
}

}  // namespace
}  // namespace fairlead::bus
