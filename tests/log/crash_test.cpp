#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <map>
#include <random>

#include "core/unique_fd.h"
#include "tests/log/log_fixture.h"

// G2: what was acknowledged is kept, whatever moment the process is killed at.
namespace fairlead::log {
namespace {

constexpr RoomId kRoom(7);
constexpr UserId kAda(1);

struct Acknowledged {
  std::int64_t id;
  std::int64_t seq;
  std::int64_t number;  // of the message: its nonce
};

Result<Acknowledged> send(store::Transaction& t, std::int64_t number) {
  Message message;
  message.id = MessageId(t.next_position().value());
  message.room = kRoom;
  message.author.id = kAda;
  message.nonce = std::to_string(number);
  t.insert_message(message, "");
  store::EventDraft draft;
  draft.type = "message.created";
  draft.room = kRoom;
  draft.data = "{\"number\":" + message.nonce + "}";
  t.append(draft);
  return Acknowledged{message.id.value(), message.seq, number};
}

// The child: sends from two threads as fast as it can, and writes every acknowledgement to the
// pipe.
[[noreturn]] void send_until_killed(const std::string& path, std::int64_t first_number, int pipe) {
  const auto store = store::open_sqlite_store(path);
  Writer writer(*store);
  writer.start();
  std::atomic<std::int64_t> number = first_number;
  std::atomic<int> in_flight = 0;
  const auto produce = [&] {
    for (;;) {
      if (in_flight >= 50) {
        std::this_thread::yield();
        continue;
      }
      ++in_flight;
      writer.submit<Acknowledged>([n = number++](store::Transaction& t) { return send(t, n); },
                                  [&](Result<Acknowledged> answer) {
                                    --in_flight;
                                    if (!answer || ::write(pipe, &*answer, sizeof *answer) < 0)
                                      ::_exit(1);
                                  });
    }
  };
  std::thread other(produce);
  produce();
  ::_exit(2);
}

TEST(CrashTest, WhatWasAcknowledgedSurvivesBeingKilledAtAnyMoment) {
  store::SqliteBench bench;
  bench.open()->write([](store::Transaction& t) {
    t.insert_user({kAda, "ada", "Ada", 1}, "x");
    Room room;
    room.id = kRoom;
    t.insert_room(room);
  });
  std::mt19937 random(std::random_device{}());
  std::vector<Acknowledged> acknowledged;
  constexpr int kRounds = 12;
  for (int round = 0; round < kRounds; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    UniqueFd read_end(ends[0]), write_end(ends[1]);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      read_end.reset();
      send_until_killed(bench.path(), round * 1'000'000, write_end.get());
    }
    write_end.reset();
    // Killed after a random number of acknowledgements: somewhere in the next commit.
    auto left = std::uniform_int_distribution<int>(1, 400)(random);
    Acknowledged answer{};
    while (::read(read_end.get(), &answer, sizeof answer) == sizeof answer) {
      acknowledged.push_back(answer);
      if (--left == 0) ::kill(child, SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself, status " << status;

    const auto store = bench.open();
    store->open_reader()->read([&](store::View& view) {
      std::map<std::int64_t, std::int64_t> seq_of;
      for (const auto& m : acknowledged) {
        const auto use = view.nonce_use(kAda, std::to_string(m.number));
        ASSERT_TRUE(use) << "message " << m.number << " was lost in round " << round;
        ASSERT_EQ(use->message.id, MessageId(m.id));
        ASSERT_EQ(use->message.seq, m.seq);
      }
      const auto head = view.head();
      const auto events = view.events(LogPosition(0), head, 1'000'000);
      ASSERT_EQ(static_cast<std::int64_t>(events.size()), head.value()) << "the log has no gap";
      ASSERT_EQ(view.room(kRoom)->last_seq, head.value()) << "and messages and events are the same";
    });
  }
  EXPECT_GT(acknowledged.size(), static_cast<std::size_t>(kRounds));
}

}  // namespace
}  // namespace fairlead::log
