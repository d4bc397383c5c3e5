// What comes between reading the log and writing the index: failures and other processes.
#include "search/indexer.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "disturbed_index.h"
#include "search/query.h"
#include "store/sqlite/sqlite_search_index.h"
#include "store/sqlite/sqlite_store.h"

namespace fairlead::search {
namespace {

using testing::ElementsAre;

class IndexerTest : public ::testing::Test {
 protected:
  IndexerTest() {
    std::string name = (std::filesystem::temp_directory_path() / "fairlead-search-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    directory_ = name;
    store_ = store::open_sqlite_store((directory_ / "fairlead.db").string());
    store_->write([&](store::Transaction& tx) {
      tx.insert_user({UserId(1), "ann", "Ann", 1}, "hash");
      Room row;
      row.id = room_;
      row.name = "room";
      tx.insert_room(row);
    });
    reader_ = store_->open_reader();
    index_ = std::make_unique<DisturbedIndex>(open_index());
    indexer_ = std::make_unique<Indexer>(*reader_, *index_);
  }
  ~IndexerTest() override {
    indexer_.reset();
    index_.reset();
    reader_.reset();
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  std::unique_ptr<store::SearchIndex> open_index() {
    return store::open_sqlite_search_index((directory_ / "search.db").string(), store_->epoch(),
                                           head());
  }
  LogPosition head() {
    LogPosition head;
    store_->open_reader()->read([&](store::View& view) { head = view.head(); });
    return head;
  }
  store::EventDraft draft(std::string type) const {
    store::EventDraft draft;
    draft.type = std::move(type);
    draft.room = room_;
    draft.time_ms = 1;
    draft.data = "{}";
    return draft;
  }
  store::Said say(const std::string& text) {
    Message message;
    store_->write([&](store::Transaction& tx) {
      message.id = MessageId(tx.next_position().value());
      message.room = room_;
      message.author.id = UserId(1);
      message.text = text;
      tx.insert_message(message, "");
      tx.append(draft("message.created"));
    });
    return {message.id, room_, text};
  }
  void something_else_happens() {
    store_->write([&](store::Transaction& tx) { tx.append(draft("member.joined")); });
  }
  void go_all_the_way() {
    while (indexer_->step()) {
    }
  }
  std::vector<std::string> find(const std::string& q) {
    std::vector<std::string> texts;
    const auto hits = index_->find(*parse_query(q), {room_}, 100, [] { return false; });
    for (const auto& hit : hits.newest_first) {
      std::string text = hit.marked;
      std::erase_if(text, [](char c) {
        return c == store::SearchIndex::kMarkBegin || c == store::SearchIndex::kMarkEnd;
      });
      texts.push_back(text);
    }
    return texts;
  }

  const RoomId room_{11};
  std::filesystem::path directory_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::Store::Reader> reader_;
  std::unique_ptr<DisturbedIndex> index_;
  std::unique_ptr<Indexer> indexer_;
};

TEST_F(IndexerTest, AStepThatFailedIsTakenAgain) {
  say("whale one");
  index_->before_steps([] { throw store::StoreFailure("the disk is full"); });
  EXPECT_THROW(indexer_->step(), store::StoreFailure);
  index_->before_steps(nullptr);
  say("whale two");
  go_all_the_way();
  EXPECT_THAT(find("whale"), ElementsAre("whale two", "whale one"));
}

TEST_F(IndexerTest, WhereAnotherProcessWentLessFarNothingIsLeftOut) {
  const auto one = say("whale one");
  say("whale two");
  index_->before_steps([&] {
    const LogPosition to(one.id.value());
    EXPECT_TRUE(open_index()->apply({LogPosition(), to, {one}, {}, {}}));
  });
  EXPECT_TRUE(indexer_->step()) << "there is more to do";
  index_->before_steps(nullptr);
  go_all_the_way();
  EXPECT_THAT(find("whale"), ElementsAre("whale two", "whale one"));
}

TEST_F(IndexerTest, WhatAnotherProcessBeganAnewIsMadeAllOfItAnew) {
  say("whale");
  go_all_the_way();
  something_else_happens();
  go_all_the_way();
  open_index()->begin_anew(head());
  go_all_the_way();
  EXPECT_THAT(find("whale"), ElementsAre("whale"));
}

TEST_F(IndexerTest, SilenceThatIsPrunedIsNoReasonToBeginAnew) {
  say("whale");
  go_all_the_way();
  for (int i = 0; i < 3; ++i) {
    something_else_happens();
    go_all_the_way();
    store_->write([&](store::Transaction& tx) { tx.prune(1'000'000, 1000); });
    something_else_happens();
    go_all_the_way();
  }
  EXPECT_EQ(index_->begun(), 0);
  EXPECT_THAT(find("whale"), ElementsAre("whale"));
}

}  // namespace
}  // namespace fairlead::search
