#include "log/readers.h"

#include "tests/log/log_fixture.h"

namespace fairlead::log {
namespace {

class ReadersTest : public LogTest {
 protected:
  template <typename T>
  static std::future<Result<T>> submit(Readers& readers,
                                       std::function<Result<T>(store::View&)> work) {
    auto promise = std::make_shared<std::promise<Result<T>>>();
    auto future = promise->get_future();
    readers.submit<T>(std::move(work),
                      [promise](Result<T> answer) { promise->set_value(std::move(answer)); });
    return future;
  }
  static std::future<Result<LogPosition>> head(Readers& readers) {
    return submit<LogPosition>(
        readers, [](store::View& view) -> Result<LogPosition> { return view.head(); });
  }
  static std::future<Result<int>> hold(Readers& readers, Gate& gate) {
    auto inside = std::make_shared<std::promise<void>>();
    auto entered = inside->get_future();
    auto answer = submit<int>(readers, [inside, &gate](store::View&) -> Result<int> {
      inside->set_value();
      gate.wait();
      return 0;
    });
    entered.wait();
    return answer;
  }
};

TEST_F(ReadersTest, AReadSeesWhatWasCommittedBeforeItWasSubmitted) {
  Readers readers(*store_, 3);
  readers.start();
  for (int i = 1; i <= 50; ++i) {
    store_->write([](store::Transaction& t) { t.append(draft()); });
    EXPECT_EQ(head(readers).get().value(), LogPosition(i));
  }
}

TEST_F(ReadersTest, ReadsRunSideBySide) {
  Readers readers(*store_, 2);
  readers.start();
  Gate gate;
  auto held = hold(readers, gate);
  EXPECT_TRUE(head(readers).get()) << "on the other thread";
  gate.open();
  EXPECT_TRUE(held.get());
}

TEST_F(ReadersTest, AWriteDoesNotWaitForARead) {
  Readers readers(*store_, 1);
  readers.start();
  Gate gate;
  auto held = submit<LogPosition>(readers, [&](store::View& view) -> Result<LogPosition> {
    const auto before = view.head();
    store_->write([](store::Transaction& t) { t.append(draft()); });
    EXPECT_EQ(view.head(), before);
    return before;
  });
  EXPECT_TRUE(held.get());
  EXPECT_EQ(head(readers).get().value(), LogPosition(1));
}

TEST_F(ReadersTest, AnExpectedErrorAndAFailureAreAnswered) {
  Readers readers(*store_, 1);
  readers.start();
  EXPECT_EQ(
      submit<int>(readers, [](store::View&) -> Result<int> { return fail(ErrorCode::kNotFound); })
          .get()
          .error()
          .code,
      ErrorCode::kNotFound);
  EXPECT_EQ(
      submit<int>(readers, [](store::View&) -> Result<int> { throw store::StoreFailure("x"); })
          .get()
          .error()
          .code,
      ErrorCode::kStoreUnavailable);
  EXPECT_TRUE(head(readers).get()) << "the reader goes on";
}

TEST_F(ReadersTest, AFullQueueRefusesAtOnce) {
  Readers readers(*store_, 1, /*queue_max=*/1);
  readers.start();
  Gate gate;
  auto held = hold(readers, gate);
  auto queued = head(readers);
  EXPECT_EQ(head(readers).get().error().code, ErrorCode::kOverloaded);
  gate.open();
  EXPECT_TRUE(queued.get());
}

TEST_F(ReadersTest, StoppingAnswersWhatIsQueuedAndWhatComesLater) {
  Readers readers(*store_, 1);
  readers.start();
  Gate gate;
  auto held = hold(readers, gate);
  auto queued = head(readers);
  std::thread stopper([&] { readers.stop(); });
  // stop() takes the queue before it waits for the read that is running.
  for (;;) {
    auto late = head(readers);
    if (late.wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
      EXPECT_EQ(late.get().error().code, ErrorCode::kShuttingDown);
      break;
    }
    std::this_thread::yield();
  }
  gate.open();
  stopper.join();
  EXPECT_TRUE(held.get());
  EXPECT_EQ(queued.get().error().code, ErrorCode::kShuttingDown);
}

TEST_F(ReadersTest, ReadersSeeConsistentPagesWhileTheWriterWrites) {
  store_->write([](store::Transaction& t) {
    t.insert_member(RoomId(7), UserId(1), Role::kMember, t.next_position(), 1);
    t.append(draft());
  });
  Readers readers(*store_, 2);
  readers.start();
  Writer writer(*store_);
  writer.start();
  for (int i = 0; i < 300; ++i) append(writer);
  std::int64_t at = 0;
  while (at < 301) {
    const auto page = submit<store::Page>(readers, [at](store::View& view) -> Result<store::Page> {
                        return view.page(UserId(1), LogPosition(at), {50, 1 << 20});
                      }).get();
    ASSERT_TRUE(page);
    for (const auto& event : page->events) ASSERT_EQ(event->position.value(), ++at);
    ASSERT_EQ(page->position.value(), at);
  }
}

}  // namespace
}  // namespace fairlead::log
