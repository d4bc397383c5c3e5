#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "core/clock.h"
#include "core/result.h"
#include "core/unique_fd.h"

namespace fairlead::audit {

// Who did what to what, from where. Ids and names of things, never contents: no message text, no
// tokens, no passwords, nothing that somebody typed. What is empty is left out.
struct Entry {
  std::string_view action;  // "login_failed"; a constant
  std::string user = {};    // who did it: "u_…"
  std::string target = {};  // to whom or what: a user, a message, a session
  std::string room = {};
  std::string role = {};        // that was given
  std::string address = {};     // of the client
  std::string session = {};     // over which, if it was no request
  std::string request_id = {};  // the same as in nginx's log and the answer
};

// An append-only file with a JSON object a line, for operators who must be able to tell later.
// Lines of several nodes may go to one file (O_APPEND, a write a batch). A thread of its own
// (Blocking role) writes; what it cannot keep up with, or cannot write, is counted, and that is
// said in the file as soon as it can be (`{"action":"entries_lost","count":…}`). It is synced when
// it is stopped; before that a power cut may take the last lines.
class AuditLog {
 public:
  static constexpr std::size_t kWaitingMax = 8192;  // some 2 MB

  // `path` empty: keeps nothing, and costs nothing. `clock` must outlive the object.
  AuditLog(std::string path, std::string node, const Clock& clock);
  ~AuditLog();  // stop()
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;

  // Opens the file (made with mode 0600 if missing); a pipe must have its reader by then, and what
  // that is too slow for is lost, and counted. The error's detail names it and the reason.
  [[nodiscard]] Result<void> start();
  // Writes what waits, joins. Blocks.
  void stop();

  // Any thread; does not block.
  void note(Entry entry);
  // The file was moved away (logrotate): the next line goes to a new one. Any thread; does not
  // block.
  void reopen();

  std::uint64_t lost() const { return lost_all_; }

 private:
  struct Noted {
    std::int64_t at_ms;
    Entry entry;
  };

  Result<UniqueFd> open_file() const;
  void run();
  // False: could not be written, or not wholly.
  bool write(const std::string& lines);
  void write_batch(const std::deque<Noted>& batch, std::uint64_t lost);
  std::string line_of(const Noted& noted) const;

  const std::string path_, node_;
  const Clock& clock_;
  std::atomic<std::uint64_t> lost_all_{0};
  UniqueFd file_;             // start(), then the thread's
  bool line_is_cut_ = false;  // the thread's: the last write ended in the middle of a line

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Noted> waiting_;  // guarded by mutex_, as is all below
  std::uint64_t lost_ = 0;     // not said yet
  bool reopen_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace fairlead::audit
