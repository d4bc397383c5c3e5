#include <gmock/gmock.h>

#include "tests/store/store_contract.h"

namespace fairlead::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_P(StoreContract, AMessageIsKeptWhole) {
  const auto ada = add_user(1, "ada");
  const auto room = add_room(7, "general").id;
  const auto first = send(room, ada, "first");
  write([&](Transaction& t) {
    Message message;
    message.id = MessageId(t.next_position().value());
    message.room = room;
    message.author = ada;
    message.text = "zwölf 🦆";
    message.nonce = "n-1";
    message.reply_to = first.id;
    message.mentions = {UserId(30), UserId(2), UserId(9'000'000'000'000)};
    message.metadata = R"({"k":[1]})";
    message.created_at_ms = 77;
    t.insert_message(message, "print");
    t.append(draft(room));
    EXPECT_EQ(message.seq, 2);
  });
  reopen();
  const auto message = read([&](View& view) { return view.message(room, MessageId(2), ada.id); });
  ASSERT_TRUE(message);
  EXPECT_EQ(message->author.name, "ada");
  EXPECT_EQ(message->author.id, ada.id);
  EXPECT_EQ(message->text, "zwölf 🦆");
  EXPECT_EQ(message->nonce, "n-1");
  EXPECT_EQ(message->reply_to, first.id);
  EXPECT_THAT(message->mentions, ElementsAre(UserId(30), UserId(2), UserId(9'000'000'000'000)));
  EXPECT_EQ(message->metadata, R"({"k":[1]})");
  EXPECT_EQ(message->created_at_ms, 77);
  EXPECT_EQ(message->edited_at_ms, 0);
  EXPECT_EQ(message->seq, 2);
  EXPECT_EQ(read([&](View& view) { return view.room(room); })->last_seq, 2);
  EXPECT_FALSE(read([&](View& view) { return view.message(RoomId(8), MessageId(2), ada.id); }))
      << "of another room";
}

TEST_P(StoreContract, SequenceNumbersAreGaplessInEachRoomEvenWhenCommandsAreUndone) {
  const auto ada = add_user(1, "ada");
  const auto one = add_room(7, "one").id;
  const auto two = add_room(8, "two").id;
  write([&](Transaction& t) {
    std::int64_t seq = 0;
    for (int i = 0; i < 10; ++i) {
      t.begin_command();
      const auto message = send_in(t, one, ada, "x");
      EXPECT_EQ(message.seq, seq + 1);
      if (i % 3 == 1) {
        t.undo_command();
      } else {
        t.keep_command();
        seq = message.seq;
      }
    }
    EXPECT_EQ(seq, 7);
  });
  EXPECT_EQ(send(two, ada, "x").seq, 1);
  EXPECT_EQ(send(one, ada, "x").seq, 8);
  EXPECT_THROW(send(RoomId(9), ada, "no such room"), std::logic_error);
}

TEST_P(StoreContract, ANonceNamesOneMessageOfItsAuthor) {
  const auto ada = add_user(1, "ada");
  const auto bob = add_user(2, "bob");
  const auto room = add_room(7, "general").id;
  const auto message = send(room, ada, "hello", "n");
  EXPECT_NO_THROW(send(room, bob, "hello", "n")) << "of another author";
  EXPECT_NO_THROW(send(room, ada, "no nonce"));
  EXPECT_NO_THROW(send(room, ada, "no nonce"));
  EXPECT_THROW(send(room, ada, "again", "n"), std::logic_error);
  reopen();
  const auto use = read([&](View& view) { return view.nonce_use(ada.id, "n"); });
  ASSERT_TRUE(use);
  EXPECT_EQ(use->message.id, message.id);
  EXPECT_EQ(use->message.seq, message.seq);
  EXPECT_EQ(use->fingerprint, "print of hello");
  EXPECT_FALSE(read([&](View& view) { return view.nonce_use(ada.id, "other"); }));
  EXPECT_FALSE(read([&](View& view) { return view.nonce_use(ada.id, ""); }));
}

TEST_P(StoreContract, AFingerprintMayBeAnyBytes) {
  const auto ada = add_user(1, "ada");
  const auto room = add_room(7, "general").id;
  const std::string print("\0\xff\x01", 3);
  write([&](Transaction& t) {
    Message message;
    message.id = MessageId(t.next_position().value());
    message.room = room;
    message.author = ada;
    message.nonce = "n";
    t.insert_message(message, print);
    t.append(draft(room));
  });
  EXPECT_EQ(read([&](View& view) { return view.nonce_use(ada.id, "n"); })->fingerprint, print);
}

TEST_P(StoreContract, AnEditedMessageShowsItsNewTextAndMentions) {
  const auto ada = add_user(1, "ada");
  const auto bob = add_user(2, "bob");
  const auto room = add_room(7, "general").id;
  join(room, bob.id);
  auto message = send(room, ada, "hi", "", {bob.id});
  message.text = "hi you";
  message.mentions.clear();
  message.edited_at_ms = 88;
  write([&](Transaction& t) { t.update_message(message); });
  const auto kept = read([&](View& view) { return view.message(room, message.id, ada.id); });
  EXPECT_EQ(kept->text, "hi you");
  EXPECT_EQ(kept->edited_at_ms, 88);
  EXPECT_THAT(kept->mentions, IsEmpty());
  EXPECT_EQ(read([&](View& view) { return view.rooms_of(bob.id); })[0].mention_count, 0);
}

TEST_P(StoreContract, ATombstoneKeepsItsPlaceAndNothingThatWasSaid) {
  const auto ada = add_user(1, "ada");
  const auto room = add_room(7, "general").id;
  auto message = send(room, ada, "secret", "n", {UserId(2)});
  message.deleted_at_ms = 99;
  write([&](Transaction& t) { t.update_message(message); });
  const auto kept = read([&](View& view) { return view.message(room, message.id, ada.id); });
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->seq, 1);
  EXPECT_EQ(kept->deleted_at_ms, 99);
  EXPECT_EQ(kept->text, "");
  EXPECT_EQ(kept->metadata, "");
  EXPECT_TRUE(read([&](View& view) { return view.nonce_use(ada.id, "n"); }))
      << "a replay is still one";
}

TEST_P(StoreContract, ReactionsAreCountedByEmojiInTheOrderTheyCame) {
  const auto ada = add_user(1, "ada");
  const auto room = add_room(7, "general").id;
  const auto message = send(room, ada, "hi");
  const auto react = [&](int user, const char* emoji) {
    return write([&](Transaction& t) {
      const bool added = t.add_reaction(message.id, UserId(user), emoji);
      if (added) t.append(draft(room));
      return added;
    });
  };
  EXPECT_TRUE(react(1, "👍"));
  EXPECT_FALSE(react(1, "👍"));
  EXPECT_TRUE(react(1, "❤️"));
  EXPECT_TRUE(react(2, "❤️"));
  EXPECT_TRUE(react(3, "❤️"));
  EXPECT_TRUE(
      write([&](Transaction& t) { return t.remove_reaction(message.id, UserId(3), "❤️"); }));
  EXPECT_FALSE(
      write([&](Transaction& t) { return t.remove_reaction(message.id, UserId(3), "❤️"); }));
  const auto seen = [&](int viewer) {
    return read([&](View& view) { return view.message(room, message.id, UserId(viewer)); })
        ->reactions;
  };
  ASSERT_EQ(seen(1).size(), 2u);
  EXPECT_EQ(seen(1)[0].emoji, "👍");
  EXPECT_EQ(seen(1)[0].count, 1);
  EXPECT_TRUE(seen(1)[0].me);
  EXPECT_EQ(seen(2)[1].emoji, "❤️");
  EXPECT_EQ(seen(2)[1].count, 2);
  EXPECT_TRUE(seen(2)[1].me);
  EXPECT_FALSE(seen(3)[1].me);
  const auto history = read([&](View& view) { return view.history(room, {}, UserId(2)); });
  EXPECT_EQ(history.messages.at(0).reactions.size(), 2u);
}

TEST_P(StoreContract, HistoryGoesPageByPageInBothDirections) {
  const auto ada = add_user(1, "ada");
  const auto room = add_room(7, "general").id;
  const auto other = add_room(8, "other").id;
  std::vector<MessageId> ids;
  for (int i = 0; i < 10; ++i) {
    ids.push_back(send(room, ada, std::to_string(i)).id);
    send(other, ada, "noise");
  }
  const auto ask = [&](HistoryQuery query) {
    const auto history = read([&](View& view) { return view.history(room, query, ada.id); });
    std::string texts;
    for (const auto& message : history.messages) texts += message.text;
    return texts + (history.has_more ? "+" : "");
  };
  const auto make = [](MessageId before, MessageId after, MessageId around, std::size_t limit) {
    return HistoryQuery{before, after, around, limit};
  };
  const MessageId none;
  EXPECT_EQ(ask({}), "0123456789");
  EXPECT_EQ(ask(make(none, none, none, 3)), "789+");
  EXPECT_EQ(ask(make(none, none, none, 10)), "0123456789");
  EXPECT_EQ(ask(make(ids[7], none, none, 3)), "456+");
  EXPECT_EQ(ask(make(ids[3], none, none, 3)), "012");
  EXPECT_EQ(ask(make(ids[0], none, none, 3)), "");
  EXPECT_EQ(ask(make(none, ids[2], none, 3)), "345+");
  EXPECT_EQ(ask(make(none, ids[6], none, 3)), "789");
  EXPECT_EQ(ask(make(none, ids[9], none, 3)), "");
  EXPECT_EQ(ask(make(none, none, ids[5], 5)), "34567+");
  EXPECT_EQ(ask(make(none, none, ids[5], 4)), "3456+");
  EXPECT_EQ(ask(make(none, none, ids[1], 5)), "01234") << "nothing older is left";
  EXPECT_EQ(ask(make(none, none, ids[9], 5)), "56789+");
  EXPECT_EQ(ask(make(none, none, MessageId(ids[5].value() + 1), 4)), "4567+")
      << "where it would be";
  EXPECT_EQ(ask(make(none, none, none, 0)), "+");
}

TEST_P(StoreContract, HistoryHoldsTombstonesAndIsOfOneRoom) {
  const auto ada = add_user(1, "ada");
  const auto room = add_room(7, "general").id;
  auto message = send(room, ada, "gone");
  message.deleted_at_ms = 9;
  write([&](Transaction& t) { t.update_message(message); });
  EXPECT_EQ(read([&](View& view) { return view.history(room, {}, ada.id); }).messages.size(), 1u);
  EXPECT_THAT(read([&](View& view) { return view.history(RoomId(8), {}, ada.id); }).messages,
              IsEmpty());
}

}  // namespace
}  // namespace fairlead::store
