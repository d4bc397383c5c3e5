#pragma once

#include <memory>

#include "app/config.h"
#include "core/result.h"

namespace fairlead::app {

// One running server: every part, how they are wired, and in which order they start and stop. The
// only place that knows everything. One thread (main's); start() and stop() block.
class Node {
 public:
  explicit Node(Config config);
  ~Node();  // stop()
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // The error's detail says what to do about it.
  [[nodiscard]] Result<void> start();
  // Where it listens, in words for people: "http://127.0.0.1:8400 unix:/run/fairlead.sock".
  std::string addresses() const;
  // What it writes to was moved away (the audit log, by logrotate): goes on in new files.
  void reopen_files();
  // Refuses newcomers, tells every client when to come back, answers what is under way, commits
  // what is queued, and lets go of everything. Takes a few seconds at most.
  void stop();

 private:
  class Parts;
  const Config config_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace fairlead::app
