#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace fairlead::load {

// What a user sees while it runs: one line that is written over on a terminal, plain lines
// elsewhere.
class Progress {
 public:
  explicit Progress(std::FILE* out);  // not owned
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // A line that stays.
  void say(std::string_view line);
  // What is going on, how much of it is done (0 to 1), and details. Nothing where there is no
  // terminal.
  void show(std::string_view what, double share, std::string_view details);
  void clear();

 private:
  std::FILE* out_;
  bool terminal_;
  bool shown_ = false;
};

// "[#####-----]"; pure.
std::string bar(double share, std::size_t width);

}  // namespace fairlead::load
