#include <fcntl.h>
#include <gtest/gtest.h>

#include <set>
#include <unordered_set>

#include "core/clock.h"
#include "core/ids.h"
#include "core/random.h"
#include "core/unique_fd.h"

namespace fairlead {
namespace {

static_assert(!std::is_convertible_v<UserId, RoomId>, "ids of different things do not mix");
static_assert(!std::is_convertible_v<std::int64_t, UserId>, "nor are numbers ids");

TEST(StrongId, ZeroIsNone) {
  EXPECT_FALSE(UserId());
  EXPECT_TRUE(UserId(1));
  EXPECT_LT(UserId(1), UserId(2));
}

TEST(StrongId, NeighboursAreSpreadByTheHash) {
  std::set<std::size_t> low_bits;
  for (int i = 0; i < 1000; ++i) low_bits.insert(std::hash<RoomId>{}(RoomId(i * 1024)) % 1024);
  EXPECT_GT(low_bits.size(), 500u);
}

TEST(UniqueFd, ClosesOnceAndWhatItOwns) {
  const auto open = [] { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); };
  const auto is_open = [](int fd) { return ::fcntl(fd, F_GETFD) != -1; };
  const int first = open();
  const int second = open();
  {
    UniqueFd a(first);
    UniqueFd b(std::move(a));
    EXPECT_FALSE(a);
    EXPECT_EQ(b.get(), first);
    b = UniqueFd(second);
    EXPECT_FALSE(is_open(first));
    EXPECT_TRUE(is_open(second));
  }
  EXPECT_FALSE(is_open(second));
  UniqueFd c(open());
  const int released = c.release();
  c.reset();
  EXPECT_TRUE(is_open(released));
  ::close(released);
}

TEST(Random, DoesNotRepeatItself) {
  std::unordered_set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(random_u64()).second);
  EXPECT_EQ(random_bytes(33).size(), 33u);
  EXPECT_NE(random_bytes(16), random_bytes(16));
}

TEST(SystemClock, TellsMillisecondsSince1970AndNeverGoesBack) {
  const auto& clock = system_clock();
  EXPECT_GT(clock.wall_ms(), 1'700'000'000'000);
  EXPECT_LT(clock.wall_ms(), 10'000'000'000'000);
  const auto before = clock.mono();
  EXPECT_GE(clock.mono(), before);
}

}  // namespace
}  // namespace fairlead
