#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "chat/accounts.h"
#include "chat/members.h"
#include "chat/messages.h"
#include "chat/reactions.h"
#include "chat/rooms.h"
#include "protocol/json.h"
#include "store/sqlite/sqlite_store.h"

namespace fairlead::chat {

// A store of its own in a temporary directory, removed at the end.
class TemporaryStore {
 public:
  TemporaryStore() {
    std::string name = (std::filesystem::temp_directory_path() / "fairlead-chat-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    directory_ = name;
    store_ = store::open_sqlite_store((directory_ / "fairlead.db").string());
  }
  ~TemporaryStore() {
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  TemporaryStore(const TemporaryStore&) = delete;
  TemporaryStore& operator=(const TemporaryStore&) = delete;

  store::Store& operator*() { return *store_; }
  store::Store* operator->() { return store_.get(); }

 private:
  std::filesystem::path directory_;
  std::unique_ptr<store::Store> store_;
};

// The rules against a real store, one transaction for each step, without threads.
class RulesTest : public ::testing::Test {
 protected:
  // Runs one command as the writer does: undone alone when it is refused.
  template <typename Work>
  auto run(Work work) {
    using Answer = decltype(work(std::declval<store::Transaction&>()));
    std::optional<Answer> answer;
    store_->write([&](store::Transaction& tx) {
      tx.begin_command();
      answer.emplace(work(tx));
      answer->has_value() ? tx.keep_command() : tx.undo_command();
    });
    return std::move(*answer);
  }

  template <typename Work>
  auto look(Work work) {
    using Answer = decltype(work(std::declval<store::View&>()));
    std::optional<Answer> answer;
    reader_->read([&](store::View& view) { answer.emplace(work(view)); });
    return std::move(*answer);
  }

  User make_user(const std::string& name) {
    return *run([&](auto& tx) { return register_user(tx, name, name, "hash", ++now_ms_); });
  }
  RoomId make_room(const User& owner, Visibility visibility = Visibility::kPublic) {
    return run([&](auto& tx) {
             return create_room(tx, owner.id, {"room", "", visibility}, ++now_ms_);
           })
        ->room.id;
  }
  Result<SeenRoom> join(const User& user, RoomId room) {
    return run([&](auto& tx) { return join_room(tx, user.id, room, ++now_ms_); });
  }
  Result<void> leave(const User& user, RoomId room) {
    return run([&](auto& tx) { return leave_room(tx, user.id, room, ++now_ms_); });
  }
  Result<RoleChange> give_role(const User& by, RoomId room, const User& user, Role role) {
    return run([&](auto& tx) { return set_role(tx, by.id, room, user.id, role, ++now_ms_); });
  }
  Result<void> remove(const User& by, RoomId room, const User& user) {
    return run([&](auto& tx) { return remove_member(tx, by.id, room, user.id, ++now_ms_); });
  }
  Result<SendOutcome> send(SendRequest request, std::optional<Error> refusal = {}) {
    return run([&](auto& tx) { return send_message(tx, request, ++now_ms_, refusal); });
  }
  Result<SendOutcome> say(const User& user, RoomId room, std::string text, std::string nonce = {}) {
    return send({user.id, room, std::move(text), std::move(nonce), {}, {}});
  }
  std::optional<Role> role_of(RoomId room, const User& user) {
    return look([&](auto& view) { return view.role(room, user.id); });
  }

  // Everything in the log after `position`, as JSON.
  std::vector<protocol::Json> events_after(LogPosition position) {
    return look([&](store::View& view) {
      std::vector<protocol::Json> events;
      for (const auto& event : view.events(position, view.head(), 1000)) {
        events.push_back(protocol::Json::parse(event->json));
      }
      return events;
    });
  }
  LogPosition head() {
    return look([](store::View& view) { return view.head(); });
  }
  std::vector<std::string> types_after(LogPosition position) {
    std::vector<std::string> types;
    for (const auto& event : events_after(position)) types.push_back(event["type"]);
    return types;
  }

  TemporaryStore store_;
  std::unique_ptr<store::Store::Reader> reader_ = store_->open_reader();
  std::int64_t now_ms_ = 1'800'000'000'000;
};

}  // namespace fairlead::chat
