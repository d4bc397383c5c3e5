#include "doctor/host/nginx_check.h"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "nginx/expected.h"

namespace fairlead::doctor {
namespace {

using nginx::Level;

constexpr Level kLocations[] = {Level::kStream, Level::kWebSocket, Level::kPoll, Level::kRest};

// What only costs something; the rest breaks something.
const std::set<std::string_view> kNotes = {
    "keepalive",         "keepalive_timeout", "ssl_session_cache", "ssl_buffer_size",
    "limit_conn_status", "limit_req_status",  "proxy_pass_header", "worker_shutdown_timeout",
    "proxy_buffering",   "tcp_nodelay",       "send_timeout"};
// Counted against the sessions wanted, below.
const std::set<std::string_view> kCounted = {"worker_connections", "worker_rlimit_nofile"};

// What our values are called where our maps are not.
constexpr std::pair<std::string_view, std::string_view> kPlainNames[] = {
    {"$fairlead_upgrade", "$http_upgrade"},
    {"$fairlead_connection", "$connection_upgrade"},
    {"$fairlead_host", "$http_host"},
    {"$fairlead_scheme", "$scheme"},
};

std::string plain_value(const std::string& value) {
  for (const auto& [ours, plain] : kPlainNames) {
    if (value == ours) return std::string(plain);
  }
  return value;
}

// The line to write; of a node it is a part of one.
std::string line_of(const nginx::Directive& expected) {
  if (expected.name == "server max_fails")
    return "`max_fails=" + expected.value + "` after the address";
  auto line = "`" + expected.name + " " + plain_value(expected.value) + ";`";
  if (expected.value == "$fairlead_connection")
    line += " with `map $http_upgrade $connection_upgrade { default upgrade; '' ''; }` in http";
  return line;
}

// One deviation, and everywhere it was met.
struct Deviation {
  nginx::Directive expected;
  std::string found;  // empty: nowhere
  std::string place;
  std::vector<std::string> levels;
};

struct Lookup {
  std::string value, place;
};

// The value that counts for `name`, which may have a second word ("proxy_set_header Upgrade"); of
// several the one that meets the expectation, if one does.
Lookup look_up(const Chain& chain, const nginx::Directive& expected) {
  const auto space = expected.name.find(' ');
  const auto name = expected.name.substr(0, space);
  const auto second = space == std::string::npos ? std::string() : expected.name.substr(space + 1);
  Lookup found{{}, chain.back()->place()};
  for (const auto* directive : effective(chain, name)) {
    auto value = directive->value();
    if (!second.empty()) {
      if (directive->words.size() < 2 ||
          ::strcasecmp(directive->words[1].c_str(), second.c_str()) != 0)
        continue;
      value = directive->words.size() > 2 ? directive->words[2] : "''";
    }
    const Lookup one{value, directive->place()};
    if (nginx::is_met(expected, value)) return one;
    found = one;
  }
  return found;
}

std::size_t number_or(const Directive* directive, std::size_t otherwise) {
  if (directive == nullptr || directive->words.size() < 2) return otherwise;
  const auto& text = directive->words[1];
  std::size_t number = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool has_ssl(const Directive& server) {
  return std::any_of(server.block.begin(), server.block.end(), [](const Directive& directive) {
    return directive.name() == "listen" && std::find(directive.words.begin(), directive.words.end(),
                                                     "ssl") != directive.words.end();
  });
}

class Check {
 public:
  Check(const Directives& config, const NginxQuestion& question)
      : config_(config), question_(question) {}

  NginxLook run() {
    http_ = find(config_, "http");
    const auto servers =
        http_ == nullptr ? std::vector<const Directive*>() : servers_of_deployment();
    if (servers.empty()) {
      look_.findings.push_back(
          {"nginx", State::kSkipped, "no server of its configuration passes /rt/ on"});
      return std::move(look_);
    }
    Directive main{{"main"}, config_.front().file, 1, {}};
    main.block = config_;
    compare(Level::kMain, {&main});
    if (const auto* events = find(config_, "events")) compare(Level::kEvents, {events});
    for (const auto* server : servers) check_server(*server);
    for (const auto& deviation : deviations_) report(deviation);
    count_sessions();
    if (std::none_of(look_.findings.begin(), look_.findings.end(), [](const Finding& f) {
          return f.state == State::kBad || f.state == State::kNote;
        })) {
      look_.findings.push_back(
          {"nginx", State::kOk, "every directive is as the server expects it"});
    }
    return std::move(look_);
  }

 private:
  std::string path_of(Level level) const {
    return question_.prefix + std::string(nginx::example_path(level));
  }

  std::vector<const Directive*> servers_of_deployment() const {
    std::vector<const Directive*> passing, specific, named;
    for (const auto& server : http_->block) {
      if (server.name() != "server") continue;
      const auto chain = chain_of(*http_, server, path_of(Level::kStream));
      if (chain.size() < 3 || find(chain.back()->block, "proxy_pass") == nullptr) continue;
      passing.push_back(&server);
      if (chain.back()->value().find("/rt/") != std::string::npos) specific.push_back(&server);
      const auto* names = find(server.block, "server_name");
      if (names != nullptr && !question_.host.empty() &&
          std::find(names->words.begin() + 1, names->words.end(), question_.host) !=
              names->words.end())
        named.push_back(&server);
    }
    return !named.empty() ? named : !specific.empty() ? specific : passing;
  }

  void check_server(const Directive& server) {
    compare(Level::kHttp, chain_of(*http_, server, path_of(Level::kRest)));
    if (has_ssl(server)) compare(Level::kTls, {http_, &server});
    for (const auto level : kLocations) {
      const auto chain = chain_of(*http_, server, path_of(level));
      const auto* pass = find(chain.back()->block, "proxy_pass");
      if (pass == nullptr) {
        look_.findings.push_back(
            {"nginx",
             State::kBad,
             path_of(level) + " is not passed on: " + chain.back()->place(),
             Symptom::kDirective,
             {},
             0,
             {},
             "a location for " + path_of(level) + " with `proxy_pass` to the server"});
        continue;
      }
      check_upstream(*pass);
      compare(level, chain);
    }
  }

  // The nodes behind a proxy_pass.
  void check_upstream(const Directive& pass) {
    auto name = pass.value().substr(std::min(pass.value().find("://") + 3, pass.value().size()));
    const bool is_unix = name.starts_with("unix:");
    name = name.substr(0, name.find('/'));
    const Directive* upstream = nullptr;
    for (const auto& block : http_->block) {
      if (block.name() == "upstream" && block.value() == name) upstream = &block;
    }
    nodes_ = 1;
    if (upstream == nullptr) {
      look_.tcp_upstream = look_.tcp_upstream || !is_unix;
      return;
    }
    nodes_ = 0;
    for (const auto& node : upstream->block) {
      if (node.name() != "server") continue;
      ++nodes_;
      look_.tcp_upstream = look_.tcp_upstream || !node.value().starts_with("unix:");
    }
    for (const auto& expected : nginx::directives_of(Level::kUpstream)) {
      if (expected.name == "server max_fails") {
        check_max_fails(*upstream, expected);
      } else {
        compare_one(Level::kUpstream, {upstream}, expected);
      }
    }
  }

  // Of a single node nginx forgives every failure.
  void check_max_fails(const Directive& upstream, const nginx::Directive& expected) {
    if (nodes_ < 2) return;
    for (const auto& node : upstream.block) {
      if (node.name() != "server") continue;
      std::string found;
      for (const auto& word : node.words) {
        if (word.starts_with("max_fails=")) found = word.substr(10);
      }
      if (nginx::is_met(expected, found)) continue;
      deviate({expected, found, node.place(), {}}, Level::kUpstream);
    }
  }

  void compare(Level level, const Chain& chain) {
    for (const auto& expected : nginx::directives_of(level)) compare_one(level, chain, expected);
  }

  bool counts(const Chain& chain, const nginx::Directive& expected) const {
    if (kCounted.contains(expected.name)) return false;
    if (expected.name == "proxy_next_upstream") return nodes_ > 1;  // there is no next one
    if (expected.name == "limit_conn_status") return !effective(chain, "limit_conn").empty();
    if (expected.name == "limit_req_status") return !effective(chain, "limit_req").empty();
    if (expected.name == "proxy_set_header X-Forwarded-Proto")
      return chain.size() > 1 && has_ssl(*chain[1]);
    return true;
  }

  void compare_one(Level level, const Chain& chain, const nginx::Directive& expected) {
    if (!counts(chain, expected)) return;
    const auto found = look_up(chain, expected);
    if (!nginx::is_met(expected, found.value))
      deviate({expected, found.value, found.place, {}}, level);
  }

  void deviate(Deviation deviation, Level level) {
    const auto name = std::string(nginx::name_of(level));
    for (auto& other : deviations_) {
      const bool same = other.expected.name == deviation.expected.name &&
                        other.found == deviation.found && other.place == deviation.place;
      if (!same) continue;
      if (std::find(other.levels.begin(), other.levels.end(), name) == other.levels.end())
        other.levels.push_back(name);
      return;
    }
    deviation.levels = {name};
    deviations_.push_back(std::move(deviation));
  }

  void report(const Deviation& d) {
    const auto& e = d.expected;
    std::string levels;
    for (const auto& level : d.levels) levels += (levels.empty() ? "" : ", ") + level;
    const auto is = !d.found.empty() ? e.name + " is " + d.found
                    : e.otherwise.empty()
                        ? e.name + " is missing"
                        : e.name + " is nginx's default, " + std::string(e.otherwise);
    const bool leave_out = e.rule == nginx::Rule::kAbsent;
    const auto wanted = leave_out ? "take " + e.value + " out of it" : line_of(e);
    look_.findings.push_back(
        {"nginx",
         kNotes.contains(e.name) ? State::kNote : State::kBad,
         is + " (" + levels + "; " + d.place + ")",
         Symptom::kDirective,
         {},
         0,
         {},
         d.place + ": " + wanted + (e.why.empty() ? "" : " - " + std::string(e.why))});
  }

  // Two descriptors and two slots a stream, over all workers.
  void count_sessions() {
    const auto* events = find(config_, "events");
    const auto* connections =
        events == nullptr ? nullptr : find(events->block, "worker_connections");
    const auto* processes = find(config_, "worker_processes");
    const bool is_auto = processes != nullptr && processes->value() == "auto";
    const auto workers =
        std::max<std::size_t>(is_auto ? question_.processors : number_or(processes, 1), 1);
    const auto slots = number_or(connections, 512);
    const auto wanted = (2 * question_.sessions + workers - 1) / workers;
    const auto place = connections != nullptr ? connections->place() : config_.front().file;
    add_count("worker_connections", slots, wanted, workers, place);
    if (const auto* files = find(config_, "worker_rlimit_nofile"))
      add_count("worker_rlimit_nofile", number_or(files, 0), wanted, workers, files->place());
  }

  void add_count(const std::string& name, std::size_t have, std::size_t wanted, std::size_t workers,
                 const std::string& place) {
    const auto text = name + " is " + std::to_string(have) + ", enough for " +
                      std::to_string(have * workers / 2) + " sessions over " +
                      std::to_string(workers) + (workers == 1 ? " worker" : " workers");
    if (have >= wanted) {
      look_.findings.push_back({"nginx", State::kOk, text});
    } else {
      look_.findings.push_back({"nginx",
                                State::kNote,
                                text + " (" + place + ")",
                                Symptom::kDirective,
                                {},
                                0,
                                {},
                                place + ": `" + name + " " + std::to_string(wanted) + ";` for " +
                                    std::to_string(question_.sessions) + " sessions (--sessions)"});
    }
  }

  const Directives& config_;
  const NginxQuestion& question_;
  const Directive* http_ = nullptr;
  std::size_t nodes_ = 1;  // of the upstream that was looked at last
  std::vector<Deviation> deviations_;
  NginxLook look_;
};

}  // namespace

NginxLook check_nginx(const Directives& config, const NginxQuestion& question) {
  if (config.empty()) return {{{"nginx", State::kSkipped, "its configuration is empty"}}, false};
  return Check(config, question).run();
}

}  // namespace fairlead::doctor
