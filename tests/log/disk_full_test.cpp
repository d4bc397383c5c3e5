#include <sys/mount.h>

#include <filesystem>
#include <fstream>

#include "tests/log/log_fixture.h"

namespace fairlead::log {
namespace {

// A file system of its own, so small that it can be filled. Needs root.
class TinyDisk {
 public:
  TinyDisk() : mounted_(::mount("tmpfs", path().c_str(), "tmpfs", 0, "size=4m") == 0) {}
  ~TinyDisk() {
    if (mounted_) ::umount2(path().c_str(), MNT_DETACH);
  }
  TinyDisk(const TinyDisk&) = delete;
  TinyDisk& operator=(const TinyDisk&) = delete;
  bool mounted() const { return mounted_; }
  std::string path() const { return directory_.file(""); }

 private:
  store::TemporaryDirectory directory_;
  bool mounted_;
};

using DiskFullTest = LogTest;

TEST_F(DiskFullTest, SendsFailWithStoreUnavailableAndWorkAgainWhenThereIsRoom) {
  TinyDisk disk;
  if (!disk.mounted()) GTEST_SKIP() << "mounting a small tmpfs needs root";
  const auto ballast = disk.path() + "ballast";
  std::ofstream(ballast) << std::string(2 * 1024 * 1024, 'x');
  const auto store = store::open_sqlite_store(disk.path() + "fairlead.db");
  Writer writer(*store);
  std::vector<std::int64_t> shown;
  writer.subscribe([&](const BatchPtr& batch) {
    for (const auto& event : batch->events) shown.push_back(event->position.value());
  });
  writer.start();
  const auto send = [&] {
    return submit<LogPosition>(writer,
                               [](store::Transaction& t) {
                                 auto large = draft();
                                 large.data = "\"" + std::string(20'000, 'x') + "\"";
                                 return t.append(large)->position;
                               })
        .get();
  };
  std::int64_t acknowledged = 0;
  for (;;) {
    const auto answer = send();
    if (!answer) {
      EXPECT_EQ(answer.error().code, ErrorCode::kStoreUnavailable);
      break;
    }
    acknowledged = answer->value();
    ASSERT_LT(acknowledged, 1000);
  }
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(send());
  std::filesystem::remove(ballast);
  EXPECT_EQ(send().value(), LogPosition(acknowledged + 1)) << "no position was lost";
  writer.stop();
  EXPECT_EQ(shown.size(), static_cast<std::size_t>(acknowledged + 1));
  store->open_reader()->read([&](store::View& view) {
    EXPECT_EQ(view.events(LogPosition(0), view.head(), 10'000).size(), shown.size());
  });
}

}  // namespace
}  // namespace fairlead::log
