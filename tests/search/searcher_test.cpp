// The index against a real store and log: what is said, edited, deleted and forgotten.
#include "search/searcher.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "disturbed_index.h"
#include "protocol/ids.h"
#include "search/query.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/sqlite_search_index.h"
#include "store/sqlite/sqlite_store.h"

namespace fairlead::search {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SearcherTest : public ::testing::Test {
 protected:
  SearcherTest() {
    std::string name = (std::filesystem::temp_directory_path() / "fairlead-search-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    directory_ = name;
    store_ = store::open_sqlite_store((directory_ / "fairlead.db").string());
    store_->write([&](store::Transaction& tx) {
      tx.insert_user({ann_, "ann", "Ann", 1}, "hash");
      for (const auto room : {one_, two_}) {
        Room row;
        row.id = room;
        row.name = "room";
        tx.insert_room(row);
      }
    });
    open();
  }
  ~SearcherTest() override {
    searcher_.reset();
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  std::string index_path() const { return (directory_ / "search.db").string(); }
  std::unique_ptr<store::SearchIndex> open_index() {
    return store::open_sqlite_search_index(index_path(), store_->epoch(), head());
  }
  void open() {
    searcher_.reset();
    searcher_ = std::make_unique<Searcher>(*store_, open_index(), system_clock());
    searcher_->start();
  }
  LogPosition head() {
    LogPosition head;
    store_->open_reader()->read([&](store::View& view) { head = view.head(); });
    return head;
  }

  static store::EventDraft draft(std::string type, RoomId room, MessageId id = {}) {
    store::EventDraft draft;
    draft.type = std::move(type);
    draft.room = room;
    draft.time_ms = 1;
    draft.data = id ? R"({"id":")" + protocol::to_wire(id) + "\"}" : "{}";
    return draft;
  }
  Message say_in(RoomId room, const std::string& text) {
    Message message;
    store_->write([&](store::Transaction& tx) {
      message.id = MessageId(tx.next_position().value());
      message.room = room;
      message.author.id = ann_;
      message.text = text;
      tx.insert_message(message, "");
      tx.append(draft("message.created", room, message.id));
    });
    return message;
  }
  void say_often(RoomId room, const std::string& text, int times) {
    store_->write([&](store::Transaction& tx) {
      for (int i = 0; i < times; ++i) {
        Message message;
        message.id = MessageId(tx.next_position().value());
        message.room = room;
        message.author.id = ann_;
        message.text = text + ' ' + std::to_string(i);
        tx.insert_message(message, "");
        tx.append(draft("message.created", room, message.id));
      }
    });
  }
  Message say(const std::string& text) { return say_in(one_, text); }
  void edit(Message message, const std::string& text) {
    message.text = text;
    message.edited_at_ms = 2;
    store_->write([&](store::Transaction& tx) {
      tx.update_message(message);
      tx.append(draft("message.updated", message.room, message.id));
    });
  }
  void remove(Message message) {
    message.deleted_at_ms = 2;
    store_->write([&](store::Transaction& tx) {
      tx.update_message(message);
      tx.append(draft("message.deleted", message.room, message.id));
    });
  }
  void delete_room(RoomId room) {
    store_->write([&](store::Transaction& tx) {
      tx.delete_room(room);
      auto event = draft("room.deleted", room);
      event.kind = store::EventKind::kRoomDeleted;
      tx.append(event);
    });
  }

  store::SearchIndex::Hits hits_in(store::SearchIndex& index, const std::string& q,
                                   std::size_t limit, bool enough = false) {
    return index.find(*parse_query(q), {one_, two_}, limit, [enough] { return enough; });
  }
  Result<Findings> ask(const std::string& q, std::vector<RoomId> rooms, std::size_t limit = 20) {
    auto promise = std::make_shared<std::promise<Result<Findings>>>();
    Question question{ann_, *parse_query(q), nullptr, limit};
    question.rooms = [rooms = std::move(rooms)](store::View&) -> Result<std::vector<RoomId>> {
      return rooms;
    };
    searcher_->ask(std::move(question),
                   [promise](Result<Findings> found) { promise->set_value(std::move(found)); });
    return promise->get_future().get();
  }
  std::vector<std::string> find(const std::string& q, std::vector<RoomId> rooms) {
    const auto findings = ask(q, std::move(rooms));
    std::vector<std::string> texts;
    for (const auto& found : findings->found) texts.push_back(found.message.text);
    return texts;
  }
  std::vector<std::string> find(const std::string& q) { return find(q, {one_, two_}); }

  const UserId ann_{1};
  const RoomId one_{11}, two_{22};
  std::filesystem::path directory_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Searcher> searcher_;
};

TEST_F(SearcherTest, WhatWasSaidBeforeTheQuestionIsFound) {
  say("the blue whale sings");
  EXPECT_THAT(find("whale"), ElementsAre("the blue whale sings"));
  say("a whale of a time");
  EXPECT_THAT(find("whale time"), ElementsAre("a whale of a time"));
  EXPECT_THAT(find("whales"), IsEmpty());
}

TEST_F(SearcherTest, CaseAndDiacriticsDoNotMatterAndTheLastWordMayGoOn) {
  say("Crème Brûlée for Zoë");
  EXPECT_THAT(find("creme brul"), ElementsAre("Crème Brûlée for Zoë"));
  EXPECT_THAT(find("ZOE"), ElementsAre("Crème Brûlée for Zoë"));
  EXPECT_THAT(find("brul creme"), IsEmpty()) << "only the last one is a beginning";
}

TEST_F(SearcherTest, QuotedWordsStandTogether) {
  say("blue whale");
  say("whale, blue");
  EXPECT_THAT(find("\"blue whale\""), ElementsAre("blue whale"));
}

TEST_F(SearcherTest, OnlyInTheRoomsAskedFor) {
  say_in(one_, "whale here");
  say_in(two_, "whale there");
  EXPECT_THAT(find("whale", {one_}), ElementsAre("whale here"));
  EXPECT_THAT(find("whale", {}), IsEmpty());
  EXPECT_THAT(find("r11", {one_, two_}), IsEmpty()) << "the room is no word of the text";
}

TEST_F(SearcherTest, MuchThatIsSaidElsewhereHidesNothing) {
  say_in(one_, "whale, long ago");
  say_often(two_, "whale", 1500);
  EXPECT_THAT(find("whale", {one_}), ElementsAre("whale, long ago"));
  EXPECT_EQ(find("whale", {two_}).size(), 20U);
}

TEST_F(SearcherTest, AnEditIsFoundAndWhatItReplacedIsNot) {
  const auto message = say("whale");
  EXPECT_THAT(find("whale"), ElementsAre("whale"));
  edit(message, "dolphin");
  EXPECT_THAT(find("whale"), IsEmpty());
  EXPECT_THAT(find("dolphin"), ElementsAre("dolphin"));
}

TEST_F(SearcherTest, ADeletedMessageAndADeletedRoomAreForgotten) {
  const auto message = say("whale one");
  say_in(two_, "whale two");
  EXPECT_EQ(find("whale").size(), 2U);
  remove(message);
  EXPECT_THAT(find("whale"), ElementsAre("whale two"));
  delete_room(two_);
  EXPECT_THAT(find("whale"), IsEmpty());
  EXPECT_THAT(hits_in(*open_index(), "whale", 10).newest_first, IsEmpty()) << "not only hidden";
}

TEST_F(SearcherTest, TheBestComesFirstAndOfEqualsTheNewest) {
  say("whale once in a rather long sentence about other things");
  say("whale a");
  say("whale b");
  EXPECT_THAT(
      find("whale"),
      ElementsAre("whale b", "whale a", "whale once in a rather long sentence about other things"));
  EXPECT_EQ(ask("whale", {one_}, 2)->found.size(), 2U);
}

TEST_F(SearcherTest, AnythingCanBeAskedAndSaid) {
  using namespace std::string_literals;
  say("null\0byte \x02marks\x03 \"quotes\" AND (brackets) text:x *"s);
  for (const auto* q : {"null", "marks", "\"quotes\"", "AND", "(brackets)", "text:x", "NEAR(x",
                        "^x", "a-b", "x*", "'; DROP"}) {
    EXPECT_TRUE(ask(q, {one_}).has_value()) << q;
  }
  EXPECT_EQ(find("brackets").size(), 1U);
  EXPECT_EQ(find("byte").size(), 1U);
}

TEST_F(SearcherTest, WhatHasNoWordDoesNotCount) {
  say("whale — song 🚀");
  EXPECT_THAT(find("whale — song"), ElementsAre("whale — song 🚀"));
  EXPECT_THAT(find("🚀 whale so"), ElementsAre("whale — song 🚀"));
  EXPECT_THAT(find("—"), IsEmpty());
}

TEST_F(SearcherTest, WhatTakesTooLongIsEnded) {
  say_often(one_, "one two", 3000);
  EXPECT_EQ(ask("one", {one_})->found.size(), 20U);
  const auto index = open_index();
  EXPECT_FALSE(hits_in(*index, "one", 1000, true).complete);
  EXPECT_FALSE(hits_in(*index, "\"two one\"", 1000, true).complete) << "of which there is none";
  EXPECT_TRUE(hits_in(*index, "one", 1000).complete);
  EXPECT_EQ(hits_in(*index, "one", 1000).newest_first.size(), 1000U);
}

TEST_F(SearcherTest, ALargeRoomIsForgottenPieceByPiece) {
  say_often(two_, "whale", 4500);
  say("whale");
  EXPECT_EQ(find("whale").size(), 20U);
  delete_room(two_);
  EXPECT_THAT(find("whale"), ElementsAre("whale"));
  EXPECT_EQ(hits_in(*open_index(), "whale", 1000).newest_first.size(), 1U);
}

TEST_F(SearcherTest, WhatWasSaidIsNotShownWhereTheIndexCannotLearnOfTheEdit) {
  auto disturbed = std::make_unique<DisturbedIndex>(open_index());
  auto& index = *disturbed;
  searcher_ = std::make_unique<Searcher>(*store_, std::move(disturbed), system_clock());
  std::atomic<bool> is_full = false;
  index.before_steps([&] {
    if (is_full) throw store::StoreFailure("the disk is full");
  });
  searcher_->start();
  const auto message = say("password whale");
  say("another whale");
  EXPECT_EQ(find("whale").size(), 2U);
  is_full = true;
  edit(message, "******** whale");
  const auto findings = ask("whale", {one_});
  ASSERT_TRUE(findings);
  EXPECT_FALSE(findings->complete);
  ASSERT_EQ(findings->found.size(), 1U);
  EXPECT_EQ(findings->found[0].excerpt.text, "another whale");
  searcher_.reset();
}

TEST_F(SearcherTest, DamageIsMendedWhileItRuns) {
  say("whale");
  EXPECT_THAT(find("whale"), ElementsAre("whale"));
  const auto other = open_index();
  EXPECT_EQ(hits_in(*other, "whale", 10).newest_first.size(), 1U);
  store::sqlite::Connection(index_path(), store::sqlite::Connection::Mode::kReadWrite,
                            std::chrono::seconds(5))
      .execute("UPDATE said_data SET block = x'ff00ff00' WHERE id > 10");
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  auto findings = ask("whale", {one_});
  while ((!findings || findings->found.empty()) && std::chrono::steady_clock::now() < until) {
    findings = ask("whale", {one_});
  }
  ASSERT_TRUE(findings);
  EXPECT_EQ(findings->found.size(), 1U);
  EXPECT_EQ(hits_in(*other, "whale", 10).newest_first.size(), 1U) << "it is the same file";
}

TEST_F(SearcherTest, ARestartGoesOnAndALostIndexIsMadeAnew) {
  const auto old = say("whale one");
  EXPECT_EQ(find("whale").size(), 1U);
  searcher_.reset();
  edit(old, "dolphin one");
  say("whale two");
  open();
  EXPECT_THAT(find("whale"), ElementsAre("whale two"));
  searcher_.reset();
  for (const auto* end : {"", "-wal", "-shm"}) std::filesystem::remove(index_path() + end);
  open();
  EXPECT_THAT(find("whale"), ElementsAre("whale two"));
  EXPECT_THAT(find("dolphin"), ElementsAre("dolphin one"));
}

TEST_F(SearcherTest, AFileThatIsNoIndexIsReplaced) {
  searcher_.reset();
  for (const auto* end : {"", "-wal", "-shm"}) std::filesystem::remove(index_path() + end);
  {
    std::ofstream file(index_path());
    for (int i = 0; i < 1000; ++i) file << "this is not a database ";
  }
  say("whale");
  open();
  EXPECT_THAT(find("whale"), ElementsAre("whale"));
}

TEST_F(SearcherTest, EditsThatTheLogHasForgottenAreNotMissed) {
  const auto message = say("whale");
  EXPECT_EQ(find("whale").size(), 1U);
  searcher_.reset();
  edit(message, "dolphin");
  store_->write([&](store::Transaction& tx) { tx.prune(1'000'000, 1000); });
  say("porpoise");
  open();
  EXPECT_THAT(find("whale"), IsEmpty());
  EXPECT_THAT(find("dolphin"), ElementsAre("dolphin"));
  EXPECT_THAT(find("porpoise"), ElementsAre("porpoise"));
}

TEST_F(SearcherTest, TwoProcessesShareTheWork) {
  Searcher other(*store_, open_index(), system_clock());
  other.start();
  for (int i = 0; i < 300; ++i) {
    say("whale " + std::to_string(i));
    if (i % 10 == 0) {
      other.look();
      searcher_->look();
    }
    if (i % 50 != 0) continue;
    EXPECT_EQ(ask("whale", {one_}, 1000)->found.size(), std::min(i + 1, 100));
  }
  EXPECT_EQ(ask("whale", {one_}, 1)->found.size(), 1U);
  EXPECT_EQ(hits_in(*open_index(), "whale", 1000).newest_first.size(), 300U);
}

TEST_F(SearcherTest, MoreQuestionsThanCanWaitAreRefused) {
  std::promise<void> open_the_gate;
  auto gate = open_the_gate.get_future().share();
  std::atomic<int> answered = 0, refused = 0;
  const auto ask_one = [&] {
    Question question{ann_, *parse_query("whale"), nullptr, 1};
    question.rooms = [gate](store::View&) -> Result<std::vector<RoomId>> {
      gate.wait();
      return std::vector<RoomId>{};
    };
    searcher_->ask(std::move(question), [&](Result<Findings> found) {
      ++(found ? answered : refused);
      EXPECT_TRUE(found || found.error().code == ErrorCode::kOverloaded);
    });
  };
  constexpr int kMore = 10;
  // One may be with the thread, the others wait.
  for (std::size_t i = 0; i < Searcher::kQuestionsMax + kMore; ++i) ask_one();
  EXPECT_GE(refused, kMore - 1);
  open_the_gate.set_value();
  while (answered + refused < static_cast<int>(Searcher::kQuestionsMax) + kMore) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

TEST_F(SearcherTest, WhoAsksMuchDoesNotHoldUpOthers) {
  searcher_ = std::make_unique<Searcher>(*store_, open_index(), system_clock());  // not started
  std::vector<UserId> served;
  std::promise<void> all;
  std::size_t refused = 0;
  const auto ask_as = [&](UserId asker) {
    Question question{asker, *parse_query("whale"), nullptr, 1};
    question.rooms = [](store::View&) -> Result<std::vector<RoomId>> {
      return std::vector<RoomId>{};
    };
    searcher_->ask(std::move(question), [&, asker](const Result<Findings>& found) {
      if (!found) {
        ++refused;
        return;
      }
      served.push_back(asker);
      if (served.size() == Searcher::kQuestionsOfOneMax + 2) all.set_value();
    });
  };
  const UserId bob(2);
  for (std::size_t i = 0; i < Searcher::kQuestionsOfOneMax + 5; ++i) ask_as(ann_);
  EXPECT_EQ(refused, 5U);
  ask_as(bob);
  ask_as(bob);
  searcher_->start();
  all.get_future().wait();
  served.resize(4);
  EXPECT_THAT(served, ElementsAre(ann_, bob, ann_, bob));
}

TEST_F(SearcherTest, WhatWaitsAtTheEndIsAnswered) {
  searcher_ = std::make_unique<Searcher>(*store_, open_index(), system_clock());  // not started
  bool refused = false;
  searcher_->ask({ann_, *parse_query("whale"), nullptr, 1}, [&](Result<Findings> found) {
    refused = !found && found.error().code == ErrorCode::kShuttingDown;
  });
  searcher_->stop();
  EXPECT_TRUE(refused);
}

}  // namespace
}  // namespace fairlead::search
