// Rooms too large for one turn: what waits for them keeps its order and reaches everybody once, whatever else happens.
#include <gmock/gmock.h>

#include <deque>
#include <random>

#include "tests/hub/shard_fixture.h"

namespace fairlead::hub {
namespace {

// One client over all its connections. Writing to it takes a while, so that a turn reaches some only.
class Client final : public Transport {
 public:
  Client(ManualClock& clock, UserId as, std::string its_session)
      : user(as), session(std::move(its_session)), clock_(clock) {}
  TransportKind kind() const override { return TransportKind::kSse; }
  Flush write(const Pending& pending, std::size_t& n) override {
    if (stuck && !pending.frames.empty()) {
      n = pending.frames.size() / 3;  // whatever that cuts through
      add(pending.frames.substr(0, n));
      return Flush::kBlocked;
    }
    n = pending.frames.size();
    ++writes;
    add(pending.frames);
    clock_.advance_us(50);
    return Flush::kDone;
  }
  void end(const Ending&, std::string_view, std::string_view) override {}

  void reconnected() { part_.clear(); }

  const UserId user;
  const std::string session;
  bool stuck = false;
  int writes = 0;
  std::string cursor;
  std::vector<int> notes;
  int deleted = 0;

 private:
  void add(std::string_view bytes) {
    part_ += bytes;
    std::size_t done = 0;
    for (auto end = part_.find("\n\n"); end != std::string::npos; end = part_.find("\n\n", done)) {
      const auto frame = std::string_view(part_).substr(done, end - done);
      done = end + 2;
      const auto brace = frame.find('{');
      const auto event = protocol::Json::parse(frame.substr(brace, frame.rfind('}') - brace + 1));
      if (event.contains("cursor")) cursor = event.at("cursor");
      if (event.at("type") == "room.deleted") ++deleted;
      if (event.at("type") == "note") notes.push_back(event.at("data").at("n"));
    }
    part_.erase(0, done);
  }

  ManualClock& clock_;
  std::string part_;
};

class LargeRoomsTest : public ShardTest {
 protected:
  static constexpr std::size_t kMany = 400;

  Client& connect(UserId user) {
    auto& client = clients_.emplace_back(clock_, user, "s_client" + std::to_string(clients_.size()));
    shard_->open(request(user, client.session), &client);
    pump_until([&] { return !client.cursor.empty(); });
    return client;
  }
  void connect(UserId user, std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) connect(user);
  }
  // A commit that the shard has been told of and has not looked at.
  void commit(std::vector<RoomId> rooms) {
    commit_with([this, rooms = std::move(rooms)](store::Transaction& tx) {
      for (const auto room : rooms) {
        tx.append({"note", room, {}, store::EventKind::kPlain, {}, 1, "{\"n\":" + std::to_string(++sent_) + "}"});
        sent_to_.push_back(room);
      }
    });
  }
  std::vector<int> sent_to(std::initializer_list<RoomId> rooms) const {
    std::vector<int> all;
    for (int n = 1; n <= sent_; ++n) {
      const auto room = sent_to_[static_cast<std::size_t>(n - 1)];
      if (std::find(rooms.begin(), rooms.end(), room) != rooms.end()) all.push_back(n);
    }
    return all;
  }
  void expect_each_has(std::initializer_list<RoomId> rooms, UserId user) {
    const auto all = sent_to(rooms);
    pump_until([&] {
      return std::all_of(clients_.begin(), clients_.end(),
                         [&](const auto& c) { return c.user != user || c.notes.size() >= all.size(); });
    });
    for (const auto& client : clients_) {
      if (client.user == user) {
        ASSERT_EQ(client.notes, all) << client.session;
      }
    }
  }

  // Everything at once, at random, against what the log says.
  void live_through_anything();

  std::deque<Client> clients_;
  int sent_ = 0;
  std::vector<RoomId> sent_to_;  // by number, from 1
};

TEST_F(LargeRoomsTest, WhoIsInALargeAndASmallRoomGetsBothInTheOrderOfTheLog) {
  create_room(room_, ann_);
  join(room_, bob_);
  create_room(other_room_, bob_);
  connect(ann_, kMany);
  connect(bob_, 3);
  for (int i = 0; i < 5; ++i) {
    commit({room_, room_, other_room_});
    turn();
  }
  expect_each_has({room_}, ann_);
  expect_each_has({room_, other_room_}, bob_);
}

TEST_F(LargeRoomsTest, ACursorNeverCountsWhatHasYetToBeGiven) {
  create_room(room_, ann_);
  connect(ann_, kMany);
  const auto before = cursor_now();
  commit({room_});
  turn();
  auto* last = shard_->find(clients_.back().session);
  ASSERT_TRUE(clients_.back().notes.empty()) << "not reached yet";
  EXPECT_EQ(shard_->cursor_of(*last), before);
  auto* first = shard_->find(clients_.front().session);
  ASSERT_EQ(clients_.front().notes.size(), 1u);
  EXPECT_EQ(shard_->cursor_of(*first), cursor_now());
  expect_each_has({room_}, ann_);
  EXPECT_EQ(shard_->cursor_of(*last), cursor_now());
}

TEST_F(LargeRoomsTest, WhoGoesInTheMiddleMakesNobodyMissAnything) {
  create_room(room_, ann_);
  connect(ann_, kMany);
  commit({room_});
  turn();
  for (std::size_t i = 0; i < 5; ++i) {  // the last ones move to their places
    ASSERT_EQ(clients_.front().notes.size(), 1u);
    shard_->gone(shard_->find(clients_.front().session));
    clients_.pop_front();
  }
  expect_each_has({room_}, ann_);
}

TEST_F(LargeRoomsTest, WhoJoinsInTheMiddleGetsWhatComesFromThereOn) {
  create_room(room_, ann_);
  connect(ann_, kMany);
  auto& bob = connect(bob_);
  commit({room_});
  turn();
  commit_with([this](store::Transaction& tx) {
    tx.insert_member(room_, bob_, Role::kMember, tx.next_position(), 1);
    tx.append({"member.joined", room_, {}, store::EventKind::kMemberJoined, bob_, 1, "{}"});
  });
  commit({room_});
  expect_each_has({room_}, ann_);
  pump_until([&] { return !bob.notes.empty(); });
  EXPECT_EQ(bob.notes, std::vector<int>{2});
}

class BatchedLargeRoomsTest : public LargeRoomsTest {
 protected:
  ShardSettings settings() const override {
    auto settings = LargeRoomsTest::settings();
    settings.rounds_apart = kApart;
    return settings;
  }
  static constexpr std::chrono::milliseconds kApart{100};
};

TEST_F(BatchedLargeRoomsTest, AnEventAfterAWhileGoesAtOnceAndWhatFollowsSoonGoesTogether) {
  create_room(room_, ann_);
  connect(ann_, kMany);
  clock_.advance(std::chrono::seconds(1));
  const auto began = clock_.mono();
  commit({room_});
  expect_each_has({room_}, ann_);
  EXPECT_LT(clock_.mono() - began, kApart);
  for (auto& client : clients_) client.writes = 0;
  for (int i = 0; i < 3; ++i) {
    commit({room_});
    shard_->run_mailbox();
  }
  ASSERT_TRUE(shard_->resumes_at());
  EXPECT_GE(*shard_->resumes_at(), began + kApart);
  expect_each_has({room_}, ann_);
  for (const auto& client : clients_) EXPECT_EQ(client.writes, 1) << client.session;
}

TEST_F(LargeRoomsTest, MoreThanABacklogKeepsComesFromTheLog) {
  create_room(room_, ann_);
  connect(ann_, kMany);
  commit({room_});
  turn();  // its spread is under way
  for (std::size_t i = 0; i < limits::kBacklogEventsMax / 50 + 5; ++i) {
    commit(std::vector<RoomId>(50, room_));
  }
  expect_each_has({room_}, ann_);
}

TEST_F(LargeRoomsTest, MoreLargeRoomsThanHaveABacklogAreServedFromTheLog) {
  std::vector<RoomId> rooms;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(limits::kBacklogsMax) + 3; ++i) {
    rooms.push_back(RoomId(1000 + i));
    create_room(rooms.back(), ann_);
  }
  connect(ann_, 300);
  for (int i = 0; i < 3; ++i) {
    commit(rooms);
    turn();
  }
  pump_until([&] {
    return std::all_of(clients_.begin(), clients_.end(),
                       [&](const auto& c) { return c.notes.size() >= static_cast<std::size_t>(sent_); });
  });
  for (const auto& client : clients_) ASSERT_EQ(client.notes, one_to(sent_));
}

TEST_F(LargeRoomsTest, ADeletedRoomsSessionsGetTheEndAndOtherRoomsGoOn) {
  create_room(room_, ann_);
  create_room(other_room_, ann_);
  connect(ann_, kMany);
  commit({room_});
  turn();
  commit_with([this](store::Transaction& tx) {
    tx.append({"room.deleted", room_, {}, store::EventKind::kRoomDeleted, {}, 1, "{}"});
  });
  commit({other_room_, room_, other_room_});
  const auto all = [this](int n) {
    return std::all_of(clients_.begin(), clients_.end(), [n](const auto& c) { return !c.notes.empty() && c.notes.back() == n; });
  };
  pump_until([&] { return all(4); });
  for (const auto& client : clients_) {
    EXPECT_EQ(client.deleted, 1) << client.session;
    EXPECT_THAT(client.notes, ::testing::Not(::testing::Contains(3))) << "it is gone";
  }
}

void LargeRoomsTest::live_through_anything() {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto below = [&random](std::size_t n) { return random() % n; };
  const RoomId everyone(101), most(102), few(103);
  create_room(everyone, ann_);
  create_room(most, bob_);
  create_room(few, bob_);
  join(everyone, bob_);
  connect(ann_, 300);
  connect(bob_, 300);
  auto& eve = connect(eve_);
  bool eve_is_in = false;
  for (int step = 0; step < 3000; ++step) {
    auto& client = clients_[below(clients_.size())];
    auto* session = shard_->find(client.session);
    switch (below(10)) {
      case 0:
      case 1: {
        std::vector<RoomId> rooms(1 + below(4));
        for (auto& room : rooms) room = RoomId(101 + static_cast<std::int64_t>(below(3)));
        commit(std::move(rooms));
        break;
      }
      case 2:
        client.stuck = true;
        break;
      case 3:
        for (auto& one : clients_) {
          if (!one.stuck || below(2) == 0) continue;
          one.stuck = false;
          if (auto* stuck = shard_->find(one.session); stuck != nullptr && stuck->blocked) shard_->writable(stuck);
        }
        break;
      case 4:  // reset, and back with the last cursor
        if (session != nullptr) shard_->gone(session);
        client.reconnected();
        {
          auto asked = request(client.user, client.session);
          asked.cursor = client.cursor;
          shard_->open(std::move(asked), &client);
        }
        break;
      case 5:
        if (below(10) == 0) {
          commit_with([&](store::Transaction& tx) {
            if (eve_is_in) {
              const auto left = tx.append({"member.left", everyone, {}, store::EventKind::kMemberLeft, eve_, 1, "{}"});
              tx.remove_member(everyone, eve_, left->position);
            } else {
              tx.insert_member(everyone, eve_, Role::kMember, tx.next_position(), 1);
              tx.append({"member.joined", everyone, {}, store::EventKind::kMemberJoined, eve_, 1, "{}"});
            }
          });
          eve_is_in = !eve_is_in;
        }
        break;
      default:
        turn();
    }
  }
  for (auto& client : clients_) {
    client.stuck = false;
    if (auto* session = shard_->find(client.session); session != nullptr && session->blocked) shard_->writable(session);
  }
  commit({everyone, most, few});
  expect_each_has({everyone}, ann_);
  expect_each_has({everyone, most, few}, bob_);
  EXPECT_TRUE(std::is_sorted(eve.notes.begin(), eve.notes.end()));
  EXPECT_EQ(std::adjacent_find(eve.notes.begin(), eve.notes.end()), eve.notes.end()) << "twice";
}

TEST_F(LargeRoomsTest, WhateverHappensEachClientGetsAllOnceAndInOrder) {
  live_through_anything();
}

TEST_F(BatchedLargeRoomsTest, WhateverHappensEachClientGetsAllOnceAndInOrder) {
  live_through_anything();
}

}  // namespace
}  // namespace fairlead::hub
