#include "auth/passwords.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <vector>

#include "core/limits.h"

namespace fairlead::auth {
namespace {

std::future<Result<std::string>> hash(Passwords& passwords, std::string password) {
  auto promise = std::make_shared<std::promise<Result<std::string>>>();
  auto future = promise->get_future();
  passwords.hash(std::move(password), [promise](auto answer) { promise->set_value(answer); });
  return future;
}

std::future<Result<bool>> verify(Passwords& passwords, std::string password, std::string stored) {
  auto promise = std::make_shared<std::promise<Result<bool>>>();
  auto future = promise->get_future();
  passwords.verify(std::move(password), std::move(stored),
                   [promise](auto answer) { promise->set_value(answer); });
  return future;
}

TEST(PasswordsTest, ThePasswordThatWasHashedIsVerifiedAndNoOther) {
  Passwords passwords;
  const std::string stored = hash(passwords, "correct horse").get().value();
  EXPECT_TRUE(stored.starts_with("$argon2id$")) << stored;
  EXPECT_TRUE(verify(passwords, "correct horse", stored).get().value());
  EXPECT_FALSE(verify(passwords, "correct horsf", stored).get().value());
  EXPECT_FALSE(verify(passwords, "", stored).get().value());
}

TEST(PasswordsTest, TheSamePasswordIsHashedWithAnotherSaltEachTime) {
  Passwords passwords;
  EXPECT_NE(hash(passwords, "same").get().value(), hash(passwords, "same").get().value());
}

TEST(PasswordsTest, AnAccountThatDoesNotExistCostsTheSameWorkAndIsRefused) {
  using std::chrono::steady_clock;
  Passwords passwords;
  const std::string stored = hash(passwords, "correct horse").get().value();
  const auto best_of_five = [&](const std::string& against) {
    auto best = steady_clock::duration::max();
    for (int i = 0; i < 5; ++i) {
      const auto begin = steady_clock::now();
      EXPECT_FALSE(verify(passwords, "wrong", against).get().value());
      best = std::min(best, steady_clock::now() - begin);
    }
    return best;
  };
  const auto known = best_of_five(stored);
  const auto unknown = best_of_five("");
  EXPECT_GT(unknown, known / 4);
  EXPECT_LT(unknown, known * 4);
}

TEST(PasswordsTest, AStoredHashThatIsNoneIsAFailureAndNotAWrongPassword) {
  Passwords passwords;
  const auto answer = verify(passwords, "x", "not a hash").get();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kInternal);
}

TEST(PasswordsTest, AFullQueueAnswersOverloadedAtOnceAndTheRestWithTheEnd) {
  std::vector<std::future<Result<std::string>>> answers;
  {
    Passwords passwords(1);
    for (std::size_t i = 0; i < 2 * limits::kBlockingQueueMax; ++i) {
      answers.push_back(hash(passwords, "password"));
    }
  }
  std::size_t overloaded = 0;
  std::size_t shut_down = 0;
  for (auto& answer : answers) {
    const auto got = answer.get();  // everyone is answered
    if (got) continue;
    overloaded += got.error().code == ErrorCode::kOverloaded;
    shut_down += got.error().code == ErrorCode::kShuttingDown;
  }
  EXPECT_GE(overloaded, 1u);
  EXPECT_LE(overloaded, limits::kBlockingQueueMax);
  EXPECT_GE(shut_down, 1u);
  EXPECT_LE(shut_down, limits::kBlockingQueueMax);
}

TEST(PasswordsTest, AfterTheStopEverythingIsRefused) {
  Passwords passwords;
  passwords.stop();
  EXPECT_EQ(hash(passwords, "password").get().error().code, ErrorCode::kShuttingDown);
  passwords.stop();
}

TEST(PasswordsTest, ThreadsShareTheQueue) {
  Passwords passwords(2);
  std::vector<std::future<Result<std::string>>> answers;
  for (int i = 0; i < 4; ++i) answers.push_back(hash(passwords, "password"));
  for (auto& answer : answers) EXPECT_TRUE(answer.get());
}

}  // namespace
}  // namespace fairlead::auth
