#include <fnmatch.h>

#include <optional>

#include "doctor/host/nginx_config.h"

namespace fairlead::doctor {
namespace {

constexpr std::size_t kDumpBytesMax = 8 * 1024 * 1024;
constexpr int kDepthMax = 32;
constexpr std::size_t kDirectivesMax = 100'000;
constexpr std::string_view kFileMark = "# configuration file ";

using Broken = tl::unexpected<std::string>;

struct File {
  std::string name;
  std::string_view text;
};

std::vector<File> files_of(std::string_view dump) {
  std::vector<File> files;
  std::size_t begin = 0, at = 0;
  const auto close = [&](std::size_t end) {
    if (!files.empty()) files.back().text = dump.substr(begin, end - begin);
  };
  while (at < dump.size()) {
    const auto end = std::min(dump.find('\n', at), dump.size());
    const auto line = dump.substr(at, end - at);
    if (line.starts_with(kFileMark) && line.ends_with(':')) {
      close(at);
      files.push_back(
          {std::string(line.substr(kFileMark.size(), line.size() - kFileMark.size() - 1)), {}});
      begin = std::min(end + 1, dump.size());
    }
    at = end + 1;
  }
  close(dump.size());
  return files;
}

// Words, and the three signs between them, of one file.
class Words {
 public:
  enum class Kind { kWord, kSemicolon, kOpen, kClose, kEnd };
  explicit Words(std::string_view text) : rest_(text) {}

  Kind next(std::string& word) {
    skip_space();
    if (rest_.empty()) return Kind::kEnd;
    switch (rest_.front()) {
      case ';':
        return take(), Kind::kSemicolon;
      case '{':
        return take(), Kind::kOpen;
      case '}':
        return take(), Kind::kClose;
      default:
        read_word(word);
        return Kind::kWord;
    }
  }
  // Past the brace that closes the one just read: Lua stands there.
  void skip_block() {
    for (int depth = 1; !rest_.empty() && depth > 0;) {
      if (rest_.starts_with("--")) {
        while (!rest_.empty() && rest_.front() != '\n') take();
        continue;
      }
      const char c = take();
      if (c == '"' || c == '\'') {
        while (!rest_.empty() && rest_.front() != c) {
          if (take() == '\\' && !rest_.empty()) take();
        }
        if (!rest_.empty()) take();
      }
      depth += c == '{' ? 1 : c == '}' ? -1 : 0;
    }
  }
  int line() const { return line_; }

 private:
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c == '\n') ++line_;
    return c;
  }
  void skip_space() {
    while (!rest_.empty()) {
      if (rest_.front() == '#') {
        while (!rest_.empty() && rest_.front() != '\n') take();
      } else if (std::string_view(" \t\r\n").find(rest_.front()) != std::string_view::npos) {
        take();
      } else {
        return;
      }
    }
  }
  void read_word(std::string& word) {
    word.clear();
    const char quote = rest_.front() == '"' || rest_.front() == '\'' ? take() : '\0';
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (c == '\\' && rest_.size() > 1) {
        take();
        if (rest_.front() != quote) word += '\\';
        word += take();
        continue;
      }
      if (quote != '\0' ? c == quote : ends_word(c, word)) break;
      word += take();
    }
    if (quote != '\0' && !rest_.empty()) take();
  }
  static bool ends_word(char c, const std::string& word) {
    if (c == '{') return !word.ends_with('$');  // ${name}
    return std::string_view(" \t\r\n;").find(c) != std::string_view::npos;
  }

  std::string_view rest_;
  int line_ = 1;
};

class Parser {
 public:
  explicit Parser(std::vector<File> files) : files_(std::move(files)) {
    const auto& main = files_.front().name;
    folder_ = main.substr(0, main.rfind('/') + 1);
  }

  tl::expected<Directives, std::string> parse() {
    Directives all;
    parse_file(files_.front(), 0, all);
    if (problem_) return Broken(*problem_);
    return all;
  }

 private:
  void parse_file(const File& file, int depth, Directives& into) {
    Words words(file.text);
    if (!parse_block(words, file.name, depth, into) && !problem_)
      problem_ = file.name + ": a } too many";
  }

  // True: ended by the end of the file; false: by a brace.
  bool parse_block(Words& words, const std::string& file, int depth, Directives& into) {
    if (depth > kDepthMax) problem_ = file + ": too many blocks within each other";
    Directive directive;
    std::string word;
    while (!problem_) {
      const auto kind = words.next(word);
      if (kind == Words::Kind::kEnd) return true;
      if (kind == Words::Kind::kClose) return false;
      if (kind == Words::Kind::kWord) {
        if (directive.words.empty()) directive.line = words.line();
        directive.words.push_back(word);
        continue;
      }
      if (directive.words.empty()) continue;
      directive.file = file;
      if (kind == Words::Kind::kOpen) {
        if (directive.name().ends_with("_by_lua_block")) {
          words.skip_block();
        } else if (parse_block(words, file, depth + 1, directive.block) && !problem_) {
          problem_ = directive.place() + ": its { is never closed";
        }
      }
      add(std::move(directive), depth, into);
      directive = {};
    }
    return true;
  }

  void add(Directive directive, int depth, Directives& into) {
    if (directive.name() == "include" && directive.words.size() == 2) {
      include(directive.words[1], depth, into);
      return;
    }
    if (++count_ > kDirectivesMax) {
      problem_ = "more directives than a configuration can have";
      return;
    }
    into.push_back(std::move(directive));
  }

  void include(const std::string& written, int depth, Directives& into) {
    const auto pattern = written.starts_with('/') ? written : folder_ + written;
    for (const auto& file : files_) {
      if (!problem_ && ::fnmatch(pattern.c_str(), file.name.c_str(), FNM_PATHNAME) == 0)
        parse_file(file, depth + 1, into);
    }
  }

  std::vector<File> files_;
  std::string folder_;
  std::optional<std::string> problem_;
  std::size_t count_ = 0;
};

}  // namespace

tl::expected<Directives, std::string> parse_nginx_dump(std::string_view text) {
  if (text.size() > kDumpBytesMax) return Broken("it is longer than 8 MiB");
  auto files = files_of(text);
  if (files.empty()) return Broken("it is not what `nginx -T` prints");
  return Parser(std::move(files)).parse();
}

}  // namespace fairlead::doctor
