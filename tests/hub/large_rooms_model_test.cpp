// Everything that can happen to large rooms, at random, on two shards of which one may be behind
// the other, against what the log says.
#include <gmock/gmock.h>

#include <cstdlib>
#include <deque>
#include <map>
#include <random>

#include "hub/turn.h"
#include "tests/hub/shard_fixture.h"

namespace fairlead::hub {
namespace {

struct Reader;

// One connection of a reader, or one poll. What arrives over one that the reader has left is not
// read.
class Wire final : public Transport {
 public:
  Wire(Reader& reader, Shard& shard, TransportKind kind, ManualClock& clock, std::mt19937& random)
      : reader_(reader), shard_(shard), kind_(kind), clock_(clock), random_(random) {}

  TransportKind kind() const override { return kind_; }
  Flush write(const Pending& pending, std::size_t& n) override;
  void end(const Ending&, std::string_view, std::string_view) override { open = false; }

  void answer(std::string_view lines);
  Shard& shard() const { return shard_; }

  Session* session = nullptr;
  bool open = true;  // the shard has it
  bool current = true;
  bool lingers = false;

 private:
  void take(std::string_view bytes);

  Reader& reader_;
  Shard& shard_;
  const TransportKind kind_;
  ManualClock& clock_;
  std::mt19937& random_;
  bool waits_live_ = false;
  std::string part_;
};

// A client with all its connections.
struct Reader {
  UserId user;
  std::string session;
  TransportKind kind = TransportKind::kSse;
  std::vector<RoomId> only = {};
  bool nameless = false;  // polls
  bool stuck = false;
  bool known = false;  // its session has been here
  std::string cursor = {};
  std::uint64_t key = 0;  // of the session that its last poll used
  const Shard* key_is_of = nullptr;
  std::uint32_t uses = 0;
  int since = 0;  // saw nothing up to here
  std::vector<int> seen = {};
  Wire* wire = nullptr;

  void got(const protocol::Json& event) {
    if (event.contains("cursor")) cursor = event.at("cursor");
    if (event.at("type") == "heartbeat") {
      EXPECT_EQ(event.at("head"), cursor) << session << ": a head that it was not sent";
    }
    if (!event.contains("data")) return;
    const int n = event.at("data").at("n");
    EXPECT_TRUE(seen.empty() || n > seen.back())
        << session << ": " << n << " after " << seen.back();
    seen.push_back(n);
  }
};

Transport::Flush Wire::write(const Pending& pending, std::size_t& n) {
  EXPECT_TRUE(open);
  const auto bytes = pending.frames;
  if (kind_ == TransportKind::kPoll) {  // as PollConnection has it
    const bool live = session->state == Session::State::kLive;
    if (bytes.empty()) {
      waits_live_ = live;
      return Flush::kDone;
    }
    const bool full = session->is_full();
    if (!live && session->reading && !full) return Flush::kDone;
    if (waits_live_ && live && !full) {
      lingers = true;
      return Flush::kWaits;
    }
    n = bytes.size();
    answer(bytes);
    clock_.advance_us(50);
    return Flush::kAnswered;
  }
  if (reader_.stuck && current && !bytes.empty()) {
    // Over SSE whatever that cuts through; over WebSocket whole frames go on.
    if (kind_ == TransportKind::kSse) n = bytes.size() / 3;
    take(bytes.substr(0, n));
    return Flush::kBlocked;
  }
  n = bytes.size();
  take(bytes);
  clock_.advance_us(50);
  return Flush::kDone;
}

void Wire::take(std::string_view bytes) {
  if (!current) return;
  part_ += bytes;
  std::string_view rest = part_;
  const auto end_of_first = [&]() -> std::size_t {
    if (kind_ == TransportKind::kSse) {
      const auto end = rest.find("\n\n");
      return end == std::string_view::npos ? 0 : end + 2;
    }
    return rest.empty() ? 0 : 1 + protocol::websocket_frame_cut(rest, 1).size();
  };
  for (auto size = end_of_first(); size > 0; size = end_of_first()) {
    const auto frame = rest.substr(0, size);
    const auto brace = frame.find("{\"");  // a WebSocket frame's length may be a brace too
    reader_.got(protocol::Json::parse(frame.substr(brace, frame.rfind('}') - brace + 1)));
    rest.remove_prefix(size);
  }
  part_ = std::string(rest);
}

// Its session parks afterwards, or goes.
void Wire::answer(std::string_view lines) {
  EXPECT_TRUE(open);
  open = false;
  const auto cursor = shard_.cursor_of(*session);
  reader_.key = session->key;
  reader_.key_is_of = &shard_;
  reader_.uses = session->uses;
  if (!current || (reader_.known && random_() % 8 == 0)) return;  // lost on its way
  std::string all = "[";
  protocol::add_poll_members(all, lines);
  for (const auto& event : protocol::Json::parse(all + "]")) reader_.got(event);
  reader_.cursor = cursor;
}

class LargeRoomsModelTest : public ShardTest {
 protected:
  using Stay = std::pair<int, int>;  // numbers of the first and the last event; 0: still there

  void SetUp() override {
    ShardTest::SetUp();
    for (std::int64_t i = 4; i <= kUsers; ++i) add_user(UserId(i));
    second_ =
        std::make_unique<Shard>(*hub_, *readers_, presence_, clock_, settings(), head(), [] {});
    hub_->add(second_.get());
  }
  void TearDown() override {
    writer_->stop();
    readers_->stop();
    second_->close();
    ShardTest::TearDown();
  }

  std::size_t below(std::size_t n) { return random_() % n; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  RoomId any_room() { return rooms_[below(rooms_.size())]; }
  RoomId busy_room() { return busy_ ? *busy_ : any_room(); }
  Shard& any_shard() { return one_in(2) ? *shard_ : *second_; }

  // One more event in this commit; its number.
  int append(store::Transaction& tx, std::string_view type, RoomId room, store::EventKind kind,
             UserId subject) {
    room_of_.push_back(room);
    const auto n = static_cast<int>(room_of_.size());
    tx.append(
        {std::string(type),
         room,
         {},
         kind,
         subject,
         1,
         "{\"n\":" + std::to_string(n) + ",\"pad\":\"" + std::string(below(300), 'x') + "\"}"});
    return n;
  }
  void new_room(RoomId room, UserId owner) {
    rooms_.push_back(room);
    commit_with([&](store::Transaction& tx) {
      Room row;
      row.id = room;
      row.name = "room";
      tx.insert_room(row);
      enter(tx, room, owner, Role::kOwner);
    });
  }
  void enter(store::Transaction& tx, RoomId room, UserId user, Role role = Role::kMember) {
    auto& stays = stays_[{room, user}];
    if (!stays.empty() && stays.back().second == 0) return;
    tx.insert_member(room, user, role, tx.next_position(), 1);
    stays.push_back({append(tx, "member.joined", room, store::EventKind::kMemberJoined, user), 0});
  }
  void quit(store::Transaction& tx, RoomId room, UserId user) {
    auto& stays = stays_[{room, user}];
    if (stays.empty() || stays.back().second != 0) return;
    const auto position = tx.next_position();
    stays.back().second = append(tx, "member.left", room, store::EventKind::kMemberLeft, user);
    tx.remove_member(room, user, position);
  }
  void delete_room(RoomId room) {
    std::erase(rooms_, room);
    commit_with([&](store::Transaction& tx) {
      tx.delete_room(room);
      const auto n = append(tx, "room.deleted", room, store::EventKind::kRoomDeleted, {});
      for (auto& [who, stays] : stays_) {
        if (who.first == room && !stays.empty() && stays.back().second == 0)
          stays.back().second = n;
      }
    });
  }
  void notes(std::size_t count, RoomId room = {}) {
    commit_with([&](store::Transaction& tx) {
      for (std::size_t i = 0; i < count; ++i) {
        append(tx, "note", room ? room : busy_room(), store::EventKind::kPlain, {});
      }
    });
  }

  void connect(Reader& reader, Shard& shard) {
    if (reader.wire != nullptr) reader.wire->current = false;
    auto& wire = wires_.emplace_back(reader, shard, reader.kind, clock_, random_);
    reader.wire = &wire;
    const bool is_poll = reader.kind == TransportKind::kPoll;
    Shard::Turn turn(shard);
    if (is_poll && reader.key_is_of == &shard && one_in(2)) {
      wire.session = shard.poll_again(reader.key, reader.uses, reader.cursor, &wire);
      if (wire.session != nullptr) return;
    }
    const bool nameless = is_poll && reader.nameless && reader.known;
    auto asked = request(reader.user, nameless ? std::string() : reader.session);
    asked.session_is_new = nameless || !reader.known;
    asked.heartbeat_s = 5;
    asked.rooms = reader.only;
    if (reader.known) asked.cursor = reader.cursor;
    if (is_poll && reader.known)
      asked.frames_max = static_cast<std::uint16_t>(one_in(2) ? 500 : 1 + below(40));
    wire.session =
        is_poll ? shard.poll(std::move(asked), &wire) : shard.open(std::move(asked), &wire);
  }
  void drop(Reader& reader) {
    auto& wire = *reader.wire;
    wire.current = false;
    if (wire.open) wire.shard().gone(wire.session);
    wire.open = false;
  }
  void add_reader(UserId user, TransportKind kind, std::vector<RoomId> only = {}) {
    auto& reader = readers_of_it_.emplace_back(
        Reader{user, "s_reader" + std::to_string(readers_of_it_.size()), kind});
    reader.only = std::move(only);
    reader.nameless = kind == TransportKind::kPoll && one_in(2);
    reader.since = static_cast<int>(room_of_.size());
    connect(reader, *shard_);
    while (reader.cursor.empty()) {
      turn(*shard_);
      if (!reader.wire->open && reader.cursor.empty()) connect(reader, *shard_);
    }
    reader.known = true;
  }

  void act() {
    auto& reader = readers_of_it_[below(readers_of_it_.size())];
    switch (below(16)) {
      case 0:
      case 1:
      case 2:
        notes(1 + below(4));
        break;
      case 3:
        if (one_in(30)) {  // more than a backlog keeps
          const auto room = any_room();
          for (int i = 0; i < 24; ++i) notes(50, one_in(3) ? RoomId() : room);
        }
        break;
      case 4:
        reader.stuck = true;
        break;
      case 5:
        for (auto& one : readers_of_it_) {
          if (one.stuck && one_in(2)) unstick(one);
        }
        break;
      case 6:
        drop(reader);
        if (one_in(8)) notes(40 + below(80), one_in(2) ? any_room() : RoomId());
        connect(reader, any_shard());
        break;
      case 7:  // while the old connection is there
        connect(reader, any_shard());
        break;
      case 8: {
        const auto room = any_room();
        commit_with([&](store::Transaction& tx) {
          for (std::size_t i = below(6); i > 0; --i) {
            const UserId user(3 + static_cast<std::int64_t>(below(kUsers - 2)));
            one_in(2) ? enter(tx, room, user) : quit(tx, room, user);
            if (one_in(2)) append(tx, "note", any_room(), store::EventKind::kPlain, {});
          }
        });
        break;
      }
      case 9:
        if (one_in(10)) {  // a room shrinks or grows by many
          const auto room = any_room();
          commit_with([&](store::Transaction& tx) {
            one_in(2) ? enter(tx, room, bob_) : quit(tx, room, bob_);
          });
        }
        if (one_in(40) && rooms_.size() > 3) delete_room(rooms_[3 + below(rooms_.size() - 3)]);
        if (one_in(20) && rooms_.size() < 8) {
          new_room(RoomId(++last_room_), ann_);
          if (one_in(2))
            commit_with([&](store::Transaction& tx) { enter(tx, RoomId(last_room_), bob_); });
        }
        break;
      case 10:
        any_shard().deliver(
            Ephemeral{{any_room(), any_room()}, {}, make_bytes(R"({"type":"typing"})")});
        break;
      case 11:
        if (one_in(10)) {
          for (auto left = one_in(10) ? 6000 : 200; left > 0; left -= 20) {
            clock_.advance(Shard::kTick);
            shard_->tick();
            second_->tick();
          }
        }
        break;
      case 12:
        poll_all(4);
        break;
      default:
        turn(any_shard());
    }
  }
  void unstick(Reader& reader) {
    reader.stuck = false;
    auto& wire = *reader.wire;
    if (wire.open && wire.session->blocked) wire.shard().writable(wire.session);
  }
  void poll_all(std::size_t of) {
    for (auto& reader : readers_of_it_) {
      auto& wire = *reader.wire;
      if (!one_in(of)) continue;
      if (!wire.open) {
        connect(reader, any_shard());
      } else if (reader.kind == TransportKind::kPoll && (wire.lingers || one_in(4)) &&
                 wire.session->state != Session::State::kOpening) {
        Shard::Turn turn(wire.shard());
        wire.answer(wire.session->outbox.pending());
        wire.shard().answered(wire.session);
      }
    }
  }

  std::string explain(const Reader& reader, int n) {
    const auto room = room_of_[static_cast<std::size_t>(n - 1)];
    std::string text =
        " since " + std::to_string(reader.since) + " room " + std::to_string(room.value()) + ": ";
    for (const auto& [from, to] : stays_[{room, reader.user}])
      text += std::to_string(from) + "-" + std::to_string(to) + " ";
    return text + (reader.only.empty() ? "" : "narrow") + (reader.nameless ? " nameless" : "");
  }
  // What it must have seen and may have seen.
  void check(const Reader& reader, bool must) {
    std::vector<int> owed;
    std::vector<int> allowed;
    for (const auto& [who, stays] : stays_) {
      const auto room = who.first;
      const bool wanted = reader.only.empty() || std::find(reader.only.begin(), reader.only.end(),
                                                           room) != reader.only.end();
      if (who.second != reader.user || !wanted) continue;
      for (const auto& [from, to] : stays) {
        for (int n = std::max(from, reader.since + 1);
             n <= (to == 0 ? static_cast<int>(room_of_.size()) : to); ++n) {
          if (room_of_[static_cast<std::size_t>(n - 1)] != room) continue;
          allowed.push_back(n);
          if (to == 0 || n == to) owed.push_back(n);
        }
      }
    }
    std::sort(owed.begin(), owed.end());
    std::sort(allowed.begin(), allowed.end());
    std::vector<int> wrong, missing;
    std::set_difference(reader.seen.begin(), reader.seen.end(), allowed.begin(), allowed.end(),
                        std::back_inserter(wrong));
    EXPECT_THAT(wrong, ::testing::IsEmpty())
        << reader.session << " saw what it may not"
        << (wrong.empty() ? "" : explain(reader, wrong.front()));
    if (!must) return;
    std::set_difference(owed.begin(), owed.end(), reader.seen.begin(), reader.seen.end(),
                        std::back_inserter(missing));
    EXPECT_THAT(missing, ::testing::IsEmpty())
        << reader.session << " of user " << reader.user.value();
  }
  bool all_have_the_last() {
    const auto last = static_cast<int>(room_of_.size());
    return std::all_of(readers_of_it_.begin(), readers_of_it_.end(), [&](const auto& reader) {
      return !reader.seen.empty() && (reader.seen.back() == last || !reader.only.empty());
    });
  }

  static constexpr std::int64_t kUsers = 30;
  std::mt19937 random_;
  std::unique_ptr<Shard> second_;
  std::deque<Reader> readers_of_it_;
  std::deque<Wire> wires_;
  std::vector<RoomId> rooms_;
  std::optional<RoomId> busy_;  // the only one with notes, for a while
  std::int64_t last_room_ = 200;
  std::vector<RoomId> room_of_;  // by number, from 1
  std::map<std::pair<RoomId, UserId>, std::vector<Stay>> stays_;
};

TEST_F(LargeRoomsModelTest, EachReaderGetsAllThatIsForItOnceAndInOrder) {
  const char* fixed = std::getenv("MODEL_SEED");
  const char* longer = std::getenv("MODEL_STEPS");
  const int steps = longer != nullptr ? std::stoi(longer) : 300;
  const auto seed =
      fixed != nullptr ? static_cast<unsigned>(std::stoul(fixed)) : std::random_device{}();
  SCOPED_TRACE(seed);
  random_.seed(seed);
  const RoomId everyone(201), half(202), few(203);
  new_room(everyone, ann_);
  new_room(half, bob_);
  new_room(few, bob_);
  last_room_ = 203;
  commit_with([&](store::Transaction& tx) {
    enter(tx, everyone, bob_);
    for (std::int64_t i = 3; i <= kUsers; ++i) {
      enter(tx, everyone, UserId(i));
      if (i % 2 == 0) enter(tx, half, UserId(i));
      if (i % 5 == 0) enter(tx, few, UserId(i));
    }
  });
  turn(*shard_);
  for (int i = 0; i < 280; ++i)
    add_reader(ann_, i % 2 == 0 ? TransportKind::kSse : TransportKind::kWebSocket);
  for (int i = 0; i < 240; ++i) {
    add_reader(bob_, static_cast<TransportKind>(i % 3),
               i % 10 == 0 ? std::vector{few} : std::vector<RoomId>());
  }
  for (std::int64_t i = 3; i <= kUsers; ++i) {
    for (int j = 0; j < 3; ++j) add_reader(UserId(i), static_cast<TransportKind>(j));
  }
  for (int step = 0; step < steps && !HasFailure(); ++step) {
    if (step % 100 == 0)
      busy_ = one_in(2) ? std::optional(one_in(2) ? everyone : half) : std::nullopt;
    act();
  }
  for (const auto& reader : readers_of_it_) check(reader, false);
  if (HasFailure()) return;
  for (auto& reader : readers_of_it_) unstick(reader);
  commit_with([&](store::Transaction& tx) {
    for (std::int64_t i = 1; i <= kUsers; ++i) enter(tx, everyone, UserId(i));
    enter(tx, few, bob_);
    append(tx, "note", few, store::EventKind::kPlain, {});
    append(tx, "note", everyone, store::EventKind::kPlain, {});
  });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(480);
  int rounds_more = 200;  // for those who see only some rooms
  while ((!all_have_the_last() || --rounds_more > 0) && !HasFailure()) {
    turn(*shard_);
    turn(*second_);
    poll_all(1);
    if (std::chrono::steady_clock::now() > deadline) break;
  }
  ASSERT_TRUE(all_have_the_last()) << "what was waited for did not come";
  for (const auto& reader : readers_of_it_) check(reader, true);
}

}  // namespace
}  // namespace fairlead::hub
