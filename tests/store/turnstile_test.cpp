#include "store/sqlite/turnstile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

#include "core/random.h"
#include "store/view.h"

namespace fairlead::store::sqlite {
namespace {

using std::chrono::milliseconds;

class TurnstileTest : public ::testing::Test {
 protected:
  TurnstileTest() { std::filesystem::create_directories(directory_); }
  ~TurnstileTest() override { std::filesystem::remove_all(directory_); }

  const std::filesystem::path directory_ =
      std::filesystem::temp_directory_path() / ("fairlead-turn-" + std::to_string(random_u64()));
  const std::string path_ = (directory_ / "db").string();
};

TEST_F(TurnstileTest, WritersTakeTurns) {
  constexpr int kWriters = 3, kTurns = 600;
  std::vector<int> order;  // by whoever has the turn
  std::atomic<int> inside{0};
  std::atomic<bool> two_at_once{false};
  std::vector<std::thread> writers;
  std::atomic<int> ready{0};
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([&, i] {
      Turnstile turnstile(path_);
      ++ready;
      while (ready < kWriters) std::this_thread::yield();
      for (bool more = true; more;) {
        const Turnstile::Turn turn(turnstile, milliseconds(60'000));
        if (++inside > 1) two_at_once = true;
        std::this_thread::sleep_for(std::chrono::microseconds(300));  // it writes
        order.push_back(i);
        more = order.size() < kTurns;
        --inside;
      }
    });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_FALSE(two_at_once);
  for (int i = 0; i < kWriters; ++i) {
    EXPECT_GT(std::count(order.begin(), order.end(), i), kTurns / kWriters / 4) << i;
  }
}

TEST_F(TurnstileTest, WhoWaitsTooLongIsToldAndHoldsNobodyUp) {
  Turnstile one(path_), two(path_), three(path_);
  {
    const Turnstile::Turn turn(one, milliseconds(1000));
    EXPECT_THROW(Turnstile::Turn(two, milliseconds(20)), StoreFailure);
    EXPECT_THROW(Turnstile::Turn(three, milliseconds(20)), StoreFailure);
  }
  EXPECT_NO_THROW(Turnstile::Turn(two, milliseconds(1000)));
}

TEST_F(TurnstileTest, WhereNoFileCanBeMadeItSaysSo) {
  EXPECT_THROW(Turnstile("/proc/nowhere/db"), StoreFailure);
}

}  // namespace
}  // namespace fairlead::store::sqlite
