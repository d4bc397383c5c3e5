#include "log/writer.h"

#include <gmock/gmock.h>

#include "tests/log/log_fixture.h"

namespace fairlead::log {
namespace {

using ::testing::ElementsAre;

using WriterTest = LogTest;

TEST_F(WriterTest, AnAnswerComesAfterTheCommit) {
  Writer writer(*store_);
  LogPosition seen_by_a_reader;
  std::promise<void> done;
  writer.start();
  writer.submit<LogPosition>([](store::Transaction& t) { return t.append(draft())->position; },
                             [&](Result<LogPosition> answer) {
                               seen_by_a_reader = stored_head();
                               EXPECT_EQ(answer.value(), LogPosition(1));
                               done.set_value();
                             });
  done.get_future().wait();
  EXPECT_EQ(seen_by_a_reader, LogPosition(1));
}

TEST_F(WriterTest, TheStoreIsTidiedWhenNothingWaits) {
  BreakableStore store(*store_);
  Writer writer(store);
  std::vector<int> tidied;  // before each commit
  writer.subscribe([&](const BatchPtr&) { tidied.push_back(store.tidied()); });
  writer.start();
  Gate gate;
  auto held = hold(writer, gate);
  std::promise<void> done;
  writer.submit<LogPosition>([](store::Transaction& t) { return t.append(draft())->position; },
                             [&](Result<LogPosition>) { done.set_value(); });
  gate.open();
  done.get_future().wait();
  while (store.tidied() == 0) std::this_thread::yield();
  writer.stop();
  EXPECT_THAT(tidied, ElementsAre(0)) << "not while something waited";
}

TEST_F(WriterTest, WhatWaitsIsCommittedTogetherInTheOrderOfSubmission) {
  Writer writer(*store_);
  std::vector<std::string> order;  // of the writer's thread
  writer.subscribe([&](const BatchPtr& batch) {
    order.push_back("batch of " + std::to_string(batch->events.size()));
  });
  writer.start();
  Gate gate;
  auto held = hold(writer, gate);
  std::promise<void> last;
  for (int i = 1; i <= 3; ++i) {
    writer.submit<LogPosition>([](store::Transaction& t) { return t.append(draft())->position; },
                               [&order, &last, i](Result<LogPosition> answer) {
                                 order.push_back("done " + std::to_string(answer->value()));
                                 if (i == 3) last.set_value();
                               });
  }
  gate.open();
  last.get_future().wait();
  writer.stop();
  EXPECT_THAT(order, ElementsAre("batch of 3", "done 1", "done 2", "done 3"));
  EXPECT_EQ(writer.stats().commits, 2u);
  EXPECT_EQ(writer.stats().commands, 4u);
  EXPECT_EQ(writer.stats().events, 3u);
}

TEST_F(WriterTest, EverySubscriberGetsConsecutiveBatches) {
  Writer writer(*store_, 100'000, 7);
  std::vector<std::int64_t> first, second;
  std::size_t batch_max = 0;
  writer.subscribe([&](const BatchPtr& batch) {
    batch_max = std::max(batch_max, batch->events.size());
    for (const auto& event : batch->events) first.push_back(event->position.value());
  });
  writer.subscribe([&](const BatchPtr& batch) {
    for (const auto& event : batch->events) second.push_back(event->position.value());
  });
  writer.start();
  std::vector<std::thread> threads;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 250; ++n) {
        writer.submit<LogPosition>(
            [](store::Transaction& t) { return t.append(draft())->position; },
            [&](Result<LogPosition> answer) { answered += answer.has_value(); });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  writer.stop();
  EXPECT_EQ(answered, 1000);
  ASSERT_EQ(first.size(), 1000u);
  for (std::size_t i = 0; i < first.size(); ++i)
    ASSERT_EQ(first[i], static_cast<std::int64_t>(i + 1));
  EXPECT_EQ(first, second);
  EXPECT_LE(batch_max, 7u) << "a commit takes batch_max commands";
}

TEST_F(WriterTest, ACommandThatIsRefusedOrThrowsIsUndoneAlone) {
  Writer writer(*store_);
  std::vector<std::int64_t> positions;
  writer.subscribe([&](const BatchPtr& batch) {
    for (const auto& event : batch->events) positions.push_back(event->position.value());
  });
  writer.start();
  Gate gate;
  auto held = hold(writer, gate);
  auto good = append(writer);
  auto refused = submit<int>(writer, [](store::Transaction& t) -> Result<int> {
    t.append(draft());
    t.put_setting("refused", "1");
    return fail(ErrorCode::kForbidden, "no");
  });
  auto threw = submit<int>(writer, [](store::Transaction& t) -> Result<int> {
    t.append(draft());
    throw std::runtime_error("a bug");
  });
  auto constraint = submit<int>(writer, [](store::Transaction& t) -> Result<int> {
    t.append(draft());
    t.set_direct_room(UserId(1), UserId(2), RoomId(3));
    t.set_direct_room(UserId(2), UserId(1), RoomId(4));
    return 1;
  });
  auto broken = submit<int>(writer, [](store::Transaction& t) -> Result<int> {
    t.append(draft());
    throw store::StoreFailure("this one only");
  });
  auto also_good = append(writer);
  gate.open();
  EXPECT_EQ(good.get().value(), LogPosition(1));
  EXPECT_EQ(refused.get().error().code, ErrorCode::kForbidden);
  EXPECT_EQ(threw.get().error().code, ErrorCode::kInternal);
  EXPECT_EQ(constraint.get().error().code, ErrorCode::kInternal);
  EXPECT_EQ(broken.get().error().code, ErrorCode::kStoreUnavailable);
  EXPECT_EQ(also_good.get().value(), LogPosition(2));
  writer.stop();
  EXPECT_THAT(positions, ElementsAre(1, 2));
  EXPECT_EQ(stored_head(), LogPosition(2));
}

TEST_F(WriterTest, AFailedCommitFailsAllAndShowsNothingAndTheNextOneWorks) {
  BreakableStore store(*store_);
  Writer writer(store);
  std::size_t batches = 0;
  writer.subscribe([&](const BatchPtr&) { ++batches; });
  writer.start();
  store.break_commits(true);
  Gate gate;
  auto held = hold(writer, gate);
  auto one = append(writer);
  auto two = submit<int>(
      writer, [](store::Transaction&) -> Result<int> { return fail(ErrorCode::kNotFound); });
  gate.open();
  const auto answer = one.get();
  EXPECT_EQ(answer.error().code, ErrorCode::kStoreUnavailable);
  EXPECT_EQ(answer.error().retry_after_s, 1);
  EXPECT_EQ(two.get().error().code, ErrorCode::kStoreUnavailable);
  EXPECT_EQ(held.get().error().code, ErrorCode::kStoreUnavailable);
  EXPECT_EQ(stored_head(), LogPosition());
  store.break_commits(false);
  EXPECT_EQ(append(writer).get().value(), LogPosition(1));
  writer.stop();
  EXPECT_EQ(batches, 1u);
  EXPECT_EQ(writer.stats().failed_commits, 2u);
}

TEST_F(WriterTest, ACommandWithoutEventsMakesNoBatch) {
  Writer writer(*store_);
  std::size_t batches = 0;
  writer.subscribe([&](const BatchPtr&) { ++batches; });
  writer.start();
  EXPECT_TRUE(submit<int>(writer, [](store::Transaction& t) -> Result<int> {
                t.put_setting("a", "b");
                return 1;
              }).get());
  writer.stop();
  EXPECT_EQ(batches, 0u);
}

TEST_F(WriterTest, AFullQueueRefusesAtOnceOnTheCallersThread) {
  Writer writer(*store_, /*queue_max=*/2);
  writer.start();
  Gate gate;
  auto held = hold(writer, gate);
  auto one = append(writer);
  auto two = append(writer);
  std::optional<Error> refused;
  std::thread::id refused_on;
  writer.submit<LogPosition>([](store::Transaction& t) { return t.append(draft())->position; },
                             [&](Result<LogPosition> answer) {
                               refused = answer.error();
                               refused_on = std::this_thread::get_id();
                             });
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, ErrorCode::kOverloaded);
  EXPECT_EQ(refused->retry_after_s, 1);
  EXPECT_EQ(refused_on, std::this_thread::get_id());
  gate.open();
  EXPECT_TRUE(one.get());
  EXPECT_TRUE(two.get());
}

TEST_F(WriterTest, StoppingCommitsWhatIsQueuedAndRefusesWhatComesLater) {
  Writer writer(*store_);
  writer.start();
  Gate gate;
  auto held = hold(writer, gate);
  auto queued = append(writer);
  std::thread stopper([&] { writer.stop(); });
  // Submissions are taken until stop() has begun; from then on they are refused, and nothing is
  // lost.
  std::vector<std::future<Result<LogPosition>>> taken;
  for (;;) {
    auto answer = append(writer);
    if (answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
      EXPECT_EQ(answer.get().error().code, ErrorCode::kShuttingDown);
      break;
    }
    taken.push_back(std::move(answer));
    ASSERT_LT(taken.size(), limits::kWriterQueueMax - 1);
    std::this_thread::yield();
  }
  gate.open();
  stopper.join();
  EXPECT_TRUE(queued.get());
  for (auto& answer : taken) EXPECT_TRUE(answer.get());
  EXPECT_EQ(stored_head(), LogPosition(static_cast<std::int64_t>(taken.size() + 1)));
  writer.stop();  // once more does nothing
}

TEST_F(WriterTest, AWriterThatNeverStartedAnswersWhenItIsStopped) {
  Writer writer(*store_);
  auto answer = append(writer);
  writer.stop();
  EXPECT_EQ(answer.get().error().code, ErrorCode::kShuttingDown);
}

TEST_F(WriterTest, WhatWasSubmittedBeforeTheStartIsCommitted) {
  Writer writer(*store_);
  auto answer = append(writer);
  writer.start();
  EXPECT_TRUE(answer.get());
}

TEST_F(WriterTest, AThrowingAnswerDoesNotStopTheOthers) {
  Writer writer(*store_);
  writer.submit<int>([](store::Transaction&) -> Result<int> { return 1; },
                     [](Result<int>) { throw std::runtime_error("a bug"); });
  auto next = append(writer);
  writer.start();
  EXPECT_TRUE(next.get());
}

TEST_F(WriterTest, TheSameNonceSubmittedTwiceAtOnceMakesOneMessage) {
  store_->write([](store::Transaction& t) {
    t.insert_user({UserId(1), "ada", "Ada", 1}, "x");
    Room room;
    room.id = RoomId(7);
    t.insert_room(room);
  });
  Writer writer(*store_);
  const auto send = [&] {
    return submit<MessageId>(writer, [](store::Transaction& t) -> Result<MessageId> {
      if (const auto use = t.nonce_use(UserId(1), "n")) return use->message.id;
      Message message;
      message.id = MessageId(t.next_position().value());
      message.room = RoomId(7);
      message.author.id = UserId(1);
      message.nonce = "n";
      t.insert_message(message, "");
      t.append(draft());
      return message.id;
    });
  };
  auto one = send();
  auto two = send();
  writer.start();
  EXPECT_EQ(one.get().value(), two.get().value());
  EXPECT_EQ(stored_head(), LogPosition(1));
}

}  // namespace
}  // namespace fairlead::log
