#include "auth/external_tokens.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <future>

#include "auth/authenticator.h"
#include "core/limits.h"
#include "tests/auth/jwt_signer.h"
#include "tests/auth/manual_clock.h"

namespace fairlead::auth {
namespace {

using namespace std::chrono_literals;

template <typename Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

class ExternalTokensTest : public testing::Test {
 protected:
  ExternalTokensTest() { write_key(signer.key_file()); }
  ~ExternalTokensTest() override {
    let_go();
    tokens.stop();
    std::filesystem::remove_all(folder_);
  }

  // Renamed into place, as one should.
  void write_key(const std::string& text) {
    const auto path = (folder_ / "key").string();
    std::ofstream(path + ".new") << text;
    std::filesystem::rename(path + ".new", path);
  }
  Json claims(const std::string& sub = "ann") const {
    return {{"iss", "iss"}, {"aud", "aud"}, {"sub", sub}, {"exp", clock.wall_ms() / 1000 + 300}};
  }
  Result<Identity> check(const std::string& token) {
    auto answer = std::make_shared<std::promise<Result<Identity>>>();
    tokens.check(token,
                 [answer](Result<Identity> identity) { answer->set_value(std::move(identity)); });
    auto future = answer->get_future();
    if (future.wait_for(20s) != std::future_status::ready) {
      ADD_FAILURE() << "no answer";
      return fail(ErrorCode::kInternal);
    }
    return future.get();
  }
  // Holds the answers of the look-up for users back.
  void hold() {
    std::lock_guard lock(mutex_);
    held_ = true;
  }
  void let_go() {
    std::vector<std::function<void()>> answers;
    {
      std::lock_guard lock(mutex_);
      held_ = false;
      answers.swap(waiting_);
    }
    for (const auto& answer : answers) answer();
  }

  void find_user(const JwtClaims& of, std::function<void(Result<UserId>)> done) {
    std::unique_lock lock(mutex_);
    ++look_ups;
    auto answer = [done = std::move(done), subject = of.subject] {
      if (subject == "nobody") return done(fail(ErrorCode::kStoreUnavailable));
      done(UserId(subject == "ann" ? 7 : 8));
    };
    if (held_) {
      waiting_.push_back(std::move(answer));
    } else {
      lock.unlock();
      answer();
    }
  }

  static std::filesystem::path make_folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "fairlead-jwt-XXXXXX").string();
    return mkdtemp(pattern.data());
  }

  const std::filesystem::path folder_ = make_folder();
  std::mutex mutex_;
  bool held_ = false;
  std::vector<std::function<void()>> waiting_;

 public:
  std::atomic<int> look_ups{0}, withdrawals{0};
  ManualClock clock;
  Tokens own{std::string(32, 'k'), clock};
  JwtSigner signer{JwtAlg::kEs256};
  ExternalTokens tokens{{{JwtAlg::kEs256, "iss", "aud", 60s},
                         JwtKeyFile::Form::kKey,
                         (folder_ / "key").string(),
                         10ms},
                        own,
                        clock,
                        [this](const JwtClaims& of, std::function<void(Result<UserId>)> done) {
                          find_user(of, std::move(done));
                        },
                        [this] { ++withdrawals; }};
};

TEST_F(ExternalTokensTest, AtTheSecondSightATokenIsKnownAtOnce) {
  ASSERT_TRUE(tokens.start());
  const auto token = signer.token(claims());
  EXPECT_FALSE(tokens.known(token));
  const auto first = check(token);
  ASSERT_TRUE(first) << first.error().detail;
  EXPECT_EQ(first->user, UserId(7));
  EXPECT_EQ(first->expires_at_ms, clock.wall_ms() / 1000 * 1000 + 300'000);
  ASSERT_TRUE(eventually([&] { return tokens.known(token).has_value(); }));
  const auto known = tokens.known(token);
  ASSERT_TRUE(*known);
  EXPECT_EQ((*known)->user, UserId(7));
  EXPECT_EQ(look_ups, 1);
  EXPECT_EQ(tokens.stats().checked, 1u);
}

TEST_F(ExternalTokensTest, AKnownTokenEndsWithItsExpAndWhenItIsRevoked) {
  ASSERT_TRUE(tokens.start());
  const auto token = signer.token(claims()), other = signer.token(claims("bob"));
  const auto identity = check(token);
  ASSERT_TRUE(identity);
  ASSERT_TRUE(check(other));
  own.revoke(identity->token_id);
  EXPECT_EQ(check(token).error().detail, "the token was revoked");
  EXPECT_TRUE(check(other));
  clock.advance(300s);
  EXPECT_EQ(check(other).error().detail, "the token has expired");
}

TEST_F(ExternalTokensTest, ARevokedTokenIsRefusedAtFirstSightToo) {
  ASSERT_TRUE(tokens.start());
  const auto token = signer.token(claims());
  std::vector<JwtKey> keys;
  keys.push_back(signer.key());
  own.revoke(
      check_jwt(token, keys, {JwtAlg::kEs256, "iss", "aud", 60s}, clock.wall_ms())->token_id);
  EXPECT_EQ(check(token).error().detail, "the token was revoked");
  EXPECT_EQ(look_ups, 0);
}

TEST_F(ExternalTokensTest, ATokenThatIsRevokedWhileItsUserIsLookedForIsRefused) {
  ASSERT_TRUE(tokens.start());
  const auto token = signer.token(claims());
  const auto id = check(token)->token_id;
  write_key(JwtSigner(JwtAlg::kEs256).key_file());  // forgets it
  ASSERT_TRUE(eventually([&] { return tokens.stats().key_reads == 2; }));
  write_key(signer.key_file());
  ASSERT_TRUE(eventually([&] { return tokens.stats().key_reads == 3; }));
  hold();
  std::promise<Result<Identity>> answer;
  tokens.check(token, [&](Result<Identity> identity) { answer.set_value(std::move(identity)); });
  ASSERT_TRUE(eventually([&] { return look_ups == 2; }));
  own.revoke(id);
  let_go();
  const auto told = answer.get_future().get();
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().detail, "the token was revoked");
}

// Who asks again before the answers are through never finds it known.
TEST_F(ExternalTokensTest, WhoAsksWithoutEndIsNotToldForEverWhatWasTrueAtFirst) {
  ASSERT_TRUE(tokens.start());
  const auto token = signer.token(claims());
  std::promise<Result<Identity>> second, other;
  tokens.check(token, [&](const Result<Identity>& first) {
    EXPECT_TRUE(first);
    tokens.check(signer.token(claims("bob")),
                 [&](Result<Identity> identity) { other.set_value(std::move(identity)); });
    clock.advance(200s);
    tokens.check(token, [&](const Result<Identity>& again) {
      EXPECT_TRUE(again);
      clock.advance(100s);
      tokens.check(token,
                   [&](Result<Identity> identity) { second.set_value(std::move(identity)); });
    });
  });
  const auto told = second.get_future().get();
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().detail, "the token has expired");
  EXPECT_TRUE(other.get_future().get()) << "nobody else waits for that";
}

TEST_F(ExternalTokensTest, WhatIsRefusedIsNotKept) {
  ASSERT_TRUE(tokens.start());
  const auto forged = JwtSigner(JwtAlg::kEs256).token(claims());
  EXPECT_EQ(check(forged).error().detail, "the token has a wrong signature");
  EXPECT_FALSE(tokens.known(forged));
  EXPECT_EQ(check(signer.token(claims("nobody"))).error().code, ErrorCode::kStoreUnavailable);
  EXPECT_EQ(check(signer.token(claims("nobody"))).error().code, ErrorCode::kStoreUnavailable);
  EXPECT_EQ(tokens.stats().refused, 1u);
  EXPECT_EQ(check(std::string(limits::kJwtBytesMax + 1, 'x')).error().detail,
            "the token is longer than 6 KiB");
}

TEST_F(ExternalTokensTest, RequestsWithOneTokenAreAnsweredInOrderAndCheckedOnce) {
  ASSERT_TRUE(tokens.start());
  hold();
  const auto token = signer.token(claims());
  std::vector<int> order;
  std::mutex mutex;
  for (int i = 0; i < 20; ++i) {
    tokens.check(token, [&, i](const Result<Identity>& identity) {
      EXPECT_TRUE(identity);
      std::lock_guard lock(mutex);
      order.push_back(i);
    });
  }
  ASSERT_TRUE(eventually([&] { return look_ups == 1; }));
  EXPECT_FALSE(tokens.known(token)) << "nobody overtakes those who wait";
  let_go();
  ASSERT_TRUE(eventually([&] {
    std::lock_guard lock(mutex);
    return order.size() == 20;
  }));
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(tokens.stats().checked, 1u);
}

TEST_F(ExternalTokensTest, WhatWaitsIsBounded) {
  ASSERT_TRUE(tokens.start());
  hold();
  const auto token = signer.token(claims());
  std::atomic<int> answered{0};
  for (std::size_t i = 0; i < limits::kJwtWaitingMax; ++i) {
    tokens.check(token, [&](const Result<Identity>&) { ++answered; });
  }
  const auto refused = check(token);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(refused.error().retry_after_s, 1);
  let_go();
  EXPECT_TRUE(eventually([&] { return answered == static_cast<int>(limits::kJwtWaitingMax); }));
}

TEST_F(ExternalTokensTest, StoppingAnswersThoseWhoWait) {
  ASSERT_TRUE(tokens.start());
  hold();
  std::atomic<int> answered{0};
  tokens.check(signer.token(claims()), [&](const Result<Identity>& identity) {
    EXPECT_EQ(identity.error().code, ErrorCode::kShuttingDown);
    ++answered;
  });
  tokens.stop();
  EXPECT_EQ(answered, 1);
  EXPECT_EQ(check(signer.token(claims())).error().code, ErrorCode::kShuttingDown);
}

TEST_F(ExternalTokensTest, ANewKeyReplacesTheOldOneAndAllThatItVouchedFor) {
  ASSERT_TRUE(tokens.start());
  const auto token = signer.token(claims());
  const auto before = check(token);
  ASSERT_TRUE(before);
  EXPECT_TRUE(tokens.has_key(before->key));
  const JwtSigner next(JwtAlg::kEs256);
  write_key(next.key_file());
  ASSERT_TRUE(eventually([&] { return tokens.stats().key_reads == 2; }));
  EXPECT_EQ(check(token).error().detail, "the token has a wrong signature");
  const auto after = check(next.token(claims()));
  ASSERT_TRUE(after);
  EXPECT_TRUE(tokens.has_key(after->key));
  EXPECT_FALSE(tokens.has_key(before->key));
  EXPECT_TRUE(eventually([&] { return withdrawals == 1; }));
  write_key(next.key_file());
  ASSERT_TRUE(eventually([&] { return tokens.stats().key_reads == 3; }));
  tokens.stop();
  EXPECT_EQ(withdrawals, 1) << "the same key in another file";
  EXPECT_TRUE(tokens.has_key(after->key));
}

TEST_F(ExternalTokensTest, ABrokenKeyFileLeavesTheOldKeys) {
  ASSERT_TRUE(tokens.start());
  write_key("not a key");
  ASSERT_TRUE(eventually([&] { return tokens.stats().key_failures == 1; }));
  EXPECT_TRUE(check(signer.token(claims())));
  std::filesystem::remove(folder_ / "key");
  ASSERT_TRUE(eventually([&] { return tokens.stats().key_failures == 2; }));
  EXPECT_TRUE(check(signer.token(claims("bob"))));
  write_key(JwtSigner(JwtAlg::kEs256).key_file());
  ASSERT_TRUE(eventually([&] { return tokens.stats().key_reads == 2; }));
  EXPECT_FALSE(check(signer.token(claims("carl"))));
}

// A thread that opened a pipe would wait for whoever writes into it, and all requests for the
// thread.
TEST_F(ExternalTokensTest, WhatIsNoRegularFileIsRefusedAndHoldsNothingUp) {
  ASSERT_TRUE(tokens.start());
  const auto pipe = folder_ / "pipe", link = folder_ / "link";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::uint64_t refused = 0;
  for (const auto& target : {pipe, folder_, std::filesystem::path("/dev/zero")}) {
    std::filesystem::create_symlink(target, link);
    std::filesystem::rename(link, folder_ / "key");
    ++refused;
    ASSERT_TRUE(eventually([&] { return tokens.stats().key_failures == refused; })) << target;
    EXPECT_TRUE(check(signer.token(claims(target.string())))) << target;
  }
}

TEST_F(ExternalTokensTest, WithoutAKeyItDoesNotStart) {
  for (const std::string& text :
       {std::string(), std::string("not a key"), std::string(70'000, 'x')}) {
    write_key(text);
    const auto started = tokens.start();
    ASSERT_FALSE(started);
    EXPECT_NE(started.error().detail.find((folder_ / "key").string()), std::string::npos);
  }
  std::filesystem::remove(folder_ / "key");
  EXPECT_FALSE(tokens.start());
}

TEST_F(ExternalTokensTest, OurOwnTokensAreNotTheIssuers) {
  ASSERT_TRUE(tokens.start());
  const Authenticator with(own, &tokens), without(own, nullptr);
  const auto ours = own.issue_token(UserId(3)).text;
  for (const auto* each : {&with, &without}) {
    const auto known = each->known(ours);
    ASSERT_TRUE(known);
    EXPECT_EQ((*known)->user, UserId(3));
  }
  const auto theirs = signer.token(claims());
  EXPECT_FALSE(with.known(theirs));
  EXPECT_EQ((*without.known(theirs)).error().detail, "the token is malformed");
  EXPECT_EQ((*with.known("fl1.x.y")).error().detail, "the token is malformed");
}

TEST(KnownTokens, TheLeastAskedForIsForgotten) {
  KnownTokens known(4);
  const auto hash = [](std::uint8_t n) { return KnownTokens::Hash{n}; };
  for (std::uint8_t i = 0; i < 3; ++i) known.put(hash(i), {UserId(i + 1), "", 0});
  for (std::uint8_t i = 3; i < 100; ++i) {
    ASSERT_NE(known.find(hash(0)), nullptr) << "asked for all the time";
    known.put(hash(i), {UserId(i + 1), "", 0});
    EXPECT_LE(known.size(), 4u);
  }
  EXPECT_EQ(known.find(hash(1)), nullptr);
  EXPECT_EQ(known.find(hash(0))->user, UserId(1));
}

}  // namespace
}  // namespace fairlead::auth
