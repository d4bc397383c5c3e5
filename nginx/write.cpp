#include "nginx/write.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace fairlead::nginx {
namespace {

namespace fs = std::filesystem;
using Outcome = tl::expected<void, std::string>;

constexpr std::string_view kOurs = "include fairlead/http.conf;";

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

Outcome keep_what_was(const fs::path& main) {
  std::ifstream in(main, std::ios::binary);
  if (!in) return {};
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (text.find(kOurs) != std::string::npos) return {};
  std::error_code problem;
  const fs::path kept = main.string() + ".before-fairlead";
  fs::copy_file(main, kept, fs::copy_options::skip_existing, problem);
  if (problem) return cannot("keep a copy of", main, problem.message());
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
  if (auto kept = keep_what_was(path); !kept) return kept;
  return write_file(path, main.text);
}

}  // namespace fairlead::nginx
