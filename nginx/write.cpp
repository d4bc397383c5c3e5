#include "nginx/write.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace fairlead::nginx {
namespace {

namespace fs = std::filesystem;
using Outcome = tl::expected<void, std::string>;

constexpr int kKeptMax = 99;  // of what was there before

Outcome cannot(const std::string& what, const fs::path& path, const std::string& why) {
  return tl::unexpected("cannot " + what + " " + path.string() + ": " + why +
                        " (--out DIR names another place)");
}

Outcome write_file(const fs::path& path, const std::string& text) {
  const fs::path fresh = path.string() + ".new";
  std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
  out << text << std::flush;
  if (!out) return cannot("write", fresh, std::strerror(errno));
  std::error_code problem;
  fs::rename(fresh, path, problem);
  if (problem) return cannot("write", path, problem.message());
  return {};
}

// By its first line: an nginx.conf that somebody else wrote may include our files, too.
bool is_ours(const fs::path& main, const std::string& ours) {
  std::ifstream in(main, std::ios::binary);
  std::string first;
  return std::getline(in, first) && ours.starts_with(first + "\n");
}

// Each that was there before is kept, under a name of its own.
Outcome keep_what_was(const fs::path& main, const std::string& ours) {
  std::error_code problem;
  if (!fs::exists(main, problem) || is_ours(main, ours)) return {};
  fs::path kept = main.string() + ".before-fairlead";
  for (int i = 2; fs::exists(kept, problem) && i <= kKeptMax; ++i)
    kept = main.string() + ".before-fairlead." + std::to_string(i);
  fs::copy_file(main, kept, problem);
  if (problem) return cannot("keep a copy as", kept, problem.message());
  return {};
}

}  // namespace

Outcome make_directory(const std::string& path) {
  std::error_code problem;
  fs::create_directories(path, problem);
  if (problem) return cannot("make", path, problem.message());
  return {};
}

Outcome write(const Rendered& rendered, const std::string& directory) {
  if (auto made = make_directory(directory + "/fairlead"); !made) return made;
  const auto& main = rendered.files.front();
  for (const auto& file : rendered.files) {
    if (&file == &main) continue;
    if (auto written = write_file(fs::path(directory) / file.name, file.text); !written) {
      return written;
    }
  }
  const auto path = fs::path(directory) / main.name;
  if (auto kept = keep_what_was(path, main.text); !kept) return kept;
  return write_file(path, main.text);
}

}  // namespace fairlead::nginx
