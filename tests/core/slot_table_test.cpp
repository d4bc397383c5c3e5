#include "core/slot_table.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace fairlead {
namespace {

struct Thing {
  std::uint64_t key;
  std::function<void()> at_end = {};
  ~Thing() {
    if (at_end) at_end();
  }
};
std::uint64_t key_of(const Thing& thing) {
  return thing.key;
}

Thing& add(SlotTable<Thing>& table) {
  return table.add([](std::uint64_t key) { return std::make_unique<Thing>(Thing{key}); });
}

TEST(SlotTable, FindsWhatIsThereByItsKey) {
  SlotTable<Thing> table;
  auto& a = add(table);
  auto& b = add(table);
  EXPECT_EQ(table.find(a.key), &a);
  EXPECT_EQ(table.find(b.key), &b);
  EXPECT_EQ(table.size(), 2u);
  EXPECT_EQ(table.find(0), nullptr);
  EXPECT_EQ(table.find(~std::uint64_t{0}), nullptr);
}

TEST(SlotTable, NoKeyIsEverUsedAgainThoughItsSlotIs) {
  SlotTable<Thing> table;
  std::set<std::uint64_t> keys;
  for (int i = 0; i < 1000; ++i) {
    const auto key = add(table).key;
    EXPECT_NE(key, 0u);
    EXPECT_TRUE(keys.insert(key).second);
    if (i % 3 != 0) table.erase(key);
  }
  for (const auto key : keys) {
    const auto* found = table.find(key);
    if (found != nullptr) {
      EXPECT_EQ(found->key, key);
    }
  }
  EXPECT_EQ(table.size(), 334u);
}

TEST(SlotTable, ErasingTwiceOrByAForeignKeyDoesNothing) {
  SlotTable<Thing> table;
  const auto gone = add(table).key;
  table.erase(gone);
  auto& next = add(table);  // in the same slot
  table.erase(gone);
  table.erase(next.key + 1);
  EXPECT_EQ(table.find(next.key), &next);
}

TEST(SlotTable, WhatGoesIsNoLongerFoundAndMayEraseAnother) {
  SlotTable<Thing> table;
  auto& a = add(table);
  auto& b = add(table);
  a.at_end = [&table, a = a.key, b = b.key] {
    EXPECT_EQ(table.find(a), nullptr);
    table.erase(b);
  };
  table.erase(a.key);
  EXPECT_TRUE(table.empty());
}

TEST(SlotTable, AllAreVisitedThoughEachGoesMeanwhile) {
  SlotTable<Thing> table;
  for (int i = 0; i < 10; ++i) add(table);
  int visited = 0;
  table.for_each([&](Thing& thing) {
    ++visited;
    table.erase(thing.key);
  });
  EXPECT_EQ(visited, 10);
  EXPECT_TRUE(table.empty());
}

TEST(SlotTable, TheNumbersOfItsKeysFollowEachOtherWhateverSlotsTheyGet) {
  SlotTable<Thing> table;
  for (int i = 0; i < 100; ++i) add(table);
  table.for_each([&](const Thing& thing) { table.erase(thing.key); });
  for (std::uint64_t i = 101; i <= 200; ++i) {
    EXPECT_EQ(SlotTable<Thing>::number_of(add(table).key), i);
  }
}

TEST(SlotTable, SomeAreAtMostSoMany) {
  SlotTable<Thing> table;
  for (int i = 0; i < 5; ++i) add(table);
  EXPECT_EQ(table.some(3).size(), 3u);
  EXPECT_EQ(table.some(9).size(), 5u);
  table.clear();
  EXPECT_TRUE(table.some(9).empty());
}

}  // namespace
}  // namespace fairlead
