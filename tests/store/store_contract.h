#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "store/store.h"

// What every implementation of store::Store has to do. An implementation links the contract_*.cpp
// files and instantiates the suite:
//   INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, ::testing::Values(StoreMaker{...}));
namespace fairlead::store {

// Makes a place for one store, and opens it: again and again, with what it held.
class Bench {
 public:
  virtual ~Bench() = default;
  virtual std::unique_ptr<Store> open() = 0;
};

struct StoreMaker {
  const char* name;
  std::function<std::unique_ptr<Bench>()> make;
};

inline std::ostream& operator<<(std::ostream& out, const StoreMaker& maker) {
  return out << maker.name;
}

class StoreContract : public ::testing::TestWithParam<StoreMaker> {
 protected:
  StoreContract()
      : bench_(GetParam().make()), store_(bench_->open()), reader_(store_->open_reader()) {}

  void reopen() {
    reader_.reset();
    store_.reset();
    store_ = bench_->open();
    reader_ = store_->open_reader();
  }

  template <typename F>
  auto write(F work) {
    using Answer = std::invoke_result_t<F, Transaction&>;
    if constexpr (std::is_void_v<Answer>) {
      store_->write([&](Transaction& t) { work(t); });
    } else {
      std::optional<Answer> answer;
      store_->write([&](Transaction& t) { answer.emplace(work(t)); });
      return std::move(*answer);
    }
  }

  template <typename F>
  auto read(F work) {
    std::optional<std::invoke_result_t<F, View&>> answer;
    reader_->read([&](View& view) { answer.emplace(work(view)); });
    return std::move(*answer);
  }

  // --- a small world, each in a transaction of its own
  User add_user(std::int64_t id, std::string name) {
    User user{UserId(id), name, name, 1000 + id};
    write([&](Transaction& t) { t.insert_user(user, "hash of " + name); });
    return user;
  }
  Room add_room(std::int64_t id, std::string name) {
    Room room;
    room.id = RoomId(id);
    room.name = std::move(name);
    room.created_at_ms = 2000 + id;
    write([&](Transaction& t) { t.insert_room(room); });
    return room;
  }
  LogPosition join(RoomId room, UserId user, Role role = Role::kMember) {
    return write([&](Transaction& t) {
      const auto at = t.next_position();
      t.insert_member(room, user, role, at, 3000);
      t.append(draft(room, EventKind::kMemberJoined, user));
      return at;
    });
  }
  LogPosition leave(RoomId room, UserId user) {
    return write([&](Transaction& t) {
      const auto at = t.next_position();
      t.remove_member(room, user, at);
      t.append(draft(room, EventKind::kMemberLeft, user));
      return at;
    });
  }
  LogPosition tell(RoomId room) {
    return write([&](Transaction& t) { return t.append(draft(room))->position; });
  }
  static Message send_in(Transaction& t, RoomId room, const User& author, std::string text,
                         std::string nonce = {}, std::vector<UserId> mentions = {}) {
    Message message;
    message.id = MessageId(t.next_position().value());
    message.room = room;
    message.author = author;
    message.text = std::move(text);
    message.nonce = std::move(nonce);
    message.mentions = std::move(mentions);
    message.created_at_ms = 4000 + message.id.value();
    t.insert_message(message, "print of " + message.text);
    t.append(draft(room));
    return message;
  }
  Message send(RoomId room, const User& author, std::string text, std::string nonce = {},
               std::vector<UserId> mentions = {}) {
    return write([&](Transaction& t) {
      return send_in(t, room, author, std::move(text), std::move(nonce), std::move(mentions));
    });
  }
  static EventDraft draft(RoomId room, EventKind kind = EventKind::kPlain, UserId subject = {}) {
    EventDraft draft;
    draft.type = "message.created";
    draft.room = room;
    draft.kind = kind;
    draft.subject = subject;
    draft.time_ms = 5000;
    draft.data = R"({"n":1})";
    return draft;
  }
  static EventDraft private_draft(UserId user, RoomId room = {}) {
    auto draft = StoreContract::draft(room);
    draft.only_for = user;
    return draft;
  }

  static constexpr PageLimits kWide{10'000, 64 * 1024 * 1024};
  Page page(UserId user, LogPosition after = {}, PageLimits limits = kWide) {
    return read([&](View& view) { return view.page(user, after, limits); });
  }
  std::vector<std::int64_t> positions(UserId user, LogPosition after = {}) {
    std::vector<std::int64_t> positions;
    for (const auto& event : page(user, after).events) positions.push_back(event->position.value());
    return positions;
  }

  std::unique_ptr<Bench> bench_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Store::Reader> reader_;
};

}  // namespace fairlead::store
