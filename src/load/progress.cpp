#include "load/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

namespace fairlead::load {
namespace {

constexpr std::size_t kBarWidth = 24;
constexpr std::size_t kColumnsDefault = 80;

std::size_t columns(std::FILE* out) {
  winsize size{};
  if (::ioctl(::fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kColumnsDefault;
  return size.ws_col;
}

}  // namespace

std::string bar(double share, std::size_t width) {
  const auto done =
      static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(width));
  return "[" + std::string(done, '#') + std::string(width - done, '-') + "]";
}

Progress::Progress(std::FILE* out) : out_(out), terminal_(::isatty(::fileno(out)) == 1) {}

void Progress::say(std::string_view line) {
  clear();
  std::fprintf(out_, "%.*s\n", static_cast<int>(line.size()), line.data());
  std::fflush(out_);
}

void Progress::show(std::string_view what, double share, std::string_view details) {
  if (!terminal_) return;
  std::string line(what);
  line.append(" ").append(bar(share, kBarWidth)).append(" ").append(details);
  line.resize(
      std::min(line.size(), columns(out_) - 1));  // a line that wraps could not be written over
  std::fprintf(out_, "\r\x1b[K%s", line.c_str());
  std::fflush(out_);
  shown_ = true;
}

void Progress::clear() {
  if (shown_) std::fputs("\r\x1b[K", out_);
  shown_ = false;
}

}  // namespace fairlead::load
