#include <sys/stat.h>

#include <array>
#include <fstream>
#include <thread>

#include "store/sqlite/schema.h"
#include "tests/store/sqlite_bench.h"

namespace fairlead::store::sqlite {
namespace {

class SqliteSchemaTest : public ::testing::Test {
 protected:
  Connection connect() {
    return Connection(path_, Connection::Mode::kReadWrite, std::chrono::seconds(5));
  }
  TemporaryDirectory directory_;
  std::string path_ = directory_.file("fairlead.db");
};

void add_colour(Connection& connection) {
  connection.execute("ALTER TABLE rooms ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue'");
}
void fail_half_way(Connection& connection) {
  connection.execute("CREATE TABLE half_done (x)");
  throw StoreFailure("on purpose");
}

TEST_F(SqliteSchemaTest, AnEmptyFileClimbsTheWholeLadder) {
  open_sqlite_store(path_);
  auto connection = connect();
  EXPECT_EQ(connection.text_of("PRAGMA user_version"), std::to_string(schema_ladder().size()));
  EXPECT_EQ(connection.text_of("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(connection.text_of("PRAGMA integrity_check"), "ok");
}

TEST_F(SqliteSchemaTest, AnOlderFileIsTakenUpWithWhatItHolds) {
  {
    auto store = open_sqlite_store(path_);
    store->write([](Transaction& t) {
      Room room;
      room.id = RoomId(7);
      room.name = "kept";
      t.insert_room(room);
    });
  }
  std::vector<Migration> longer(schema_ladder().begin(), schema_ladder().end());
  longer.push_back(add_colour);
  {
    auto connection = connect();
    migrate(connection, longer);
    EXPECT_EQ(connection.text_of("SELECT name || colour FROM rooms WHERE id = 7"), "keptblue");
    migrate(connection, longer);  // a second time there is nothing to do
    EXPECT_EQ(connection.text_of("PRAGMA user_version"), std::to_string(longer.size()));
  }
  EXPECT_THROW(open_sqlite_store(path_), StoreFailure) << "a file of a later version is left alone";
}

TEST_F(SqliteSchemaTest, AMigrationThatFailsLeavesTheFileAsItWas) {
  open_sqlite_store(path_);
  std::vector<Migration> longer(schema_ladder().begin(), schema_ladder().end());
  longer.push_back(add_colour);
  longer.push_back(fail_half_way);
  {
    auto connection = connect();
    EXPECT_THROW(migrate(connection, longer), StoreFailure);
    EXPECT_EQ(connection.text_of("PRAGMA user_version"), std::to_string(schema_ladder().size()));
    EXPECT_EQ(connection.text_of("SELECT count(*) FROM sqlite_schema WHERE name = 'half_done'"),
              "0");
    EXPECT_EQ(
        connection.text_of("SELECT count(*) FROM pragma_table_info('rooms') WHERE name = 'colour'"),
        "0");
  }
  EXPECT_NO_THROW(open_sqlite_store(path_));
}

TEST_F(SqliteSchemaTest, AFileOfAnotherProgramIsLeftAlone) {
  {
    auto connection = connect();
    connection.execute("CREATE TABLE theirs (x)");
  }
  EXPECT_THROW(open_sqlite_store(path_), StoreFailure);
  auto connection = connect();
  EXPECT_EQ(connection.text_of("PRAGMA journal_mode"), "delete");
  EXPECT_EQ(connection.text_of("SELECT count(*) FROM sqlite_schema"), "1");
}

TEST_F(SqliteSchemaTest, WhatIsNoDatabaseIsRefused) {
  std::ofstream(path_)
      << "This is a text file, and quite a long one, so that it cannot be taken for a database.";
  EXPECT_THROW(open_sqlite_store(path_), StoreFailure);
  EXPECT_THROW(open_sqlite_store(directory_.file("no/such/directory.db")), StoreFailure);
}

TEST_F(SqliteSchemaTest, TheFilesAreOnlyForTheirOwner) {
  auto store = open_sqlite_store(path_);
  store->write([](Transaction& t) { t.put_setting("secret", "x"); });
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status {};
    ASSERT_EQ(::stat((path_ + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777, 0600u) << suffix;
  }
}

TEST_F(SqliteSchemaTest, ManyMayCreateTheFileAtOnce) {
  for (int round = 0; round < 5; ++round) {
    const auto path = directory_.file("race" + std::to_string(round) + ".db");
    std::array<std::string, 4> epochs;
    std::vector<std::thread> threads;
    for (auto& epoch : epochs) {
      threads.emplace_back([&] {
        try {
          epoch = open_sqlite_store(path)->epoch();
        } catch (const StoreFailure& e) {
          epoch = e.what();
        }
      });
    }
    for (auto& thread : threads) thread.join();
    for (const auto& epoch : epochs) EXPECT_EQ(epoch, epochs[0]);
    EXPECT_EQ(epochs[0].size(), 8u);
  }
}

}  // namespace
}  // namespace fairlead::store::sqlite
